// The device that an experiment is computed on.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace tessera {

// name: auto, cpu or cuda. Throws InputError when cuda is asked for and can't be had.
c10::Device choose_device(const std::string& name);

std::string device_text(c10::Device device, std::int64_t threads);  // "cpu, 2 threads", "NVIDIA H200"

}  // namespace tessera
