// The real engine, behind the interface that a session drives. No LibTorch type is seen from here.
#pragma once

#include <memory>

#include "core/lab/engine.h"

namespace tessera {

std::unique_ptr<Engine> make_engine();

}  // namespace tessera
