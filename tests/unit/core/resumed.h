// Runs of the real engine, whole and gone on with from a checkpoint in another engine.
#pragma once

#include "core/engine.h"
#include "core/lab/checkpoint.h"
#include "tests/unit/core/record.h"

namespace tessera::test {

inline Record whole_run(const Preset& preset, std::int64_t end) {
  const auto engine = make_engine();
  engine->build(preset);
  Record record;
  run(*engine, record, 0, end);
  return record;
}

// Up to step `at` in one engine, and on in another one, which has done some steps of its own before.
inline Record resumed_run(const Preset& preset, std::int64_t at, std::int64_t end, std::int64_t elsewhere = 12) {
  const auto first = make_engine(), second = make_engine();
  first->build(preset);
  Record record, ignored;
  run(*first, record, 0, at);
  Parts parts;
  first->save(parts);
  second->build(preset);
  run(*second, ignored, 0, elsewhere);
  second->restore(parts);
  run(*second, record, at, end);
  return record;
}

}  // namespace tessera::test
