// A small experiment with tasks one after another: five tasks of eight steps.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "core/experiment.h"
#include "core/lab/preset.h"

namespace tessera::test {

// data: a folder that write_data_set() made. changes: over the values here.
inline Preset small_sequence(const std::filesystem::path& data, const std::map<std::string, Value>& changes = {}) {
  Preset made(experiment_parameters());
  std::map<std::string, Value> values = {
      {"task.kind", std::string("sequence")},   {"task.data.name", std::string("mnist")},
      {"task.data.path", data.string()},        {"task.batch_size", std::int64_t{10}},
      {"task.sequence.steps", std::int64_t{8}}, {"run.device", std::string("cpu")},
      {"run.threads", std::int64_t{1}},         {"model.width", std::int64_t{16}},
      {"model.depth", std::int64_t{1}},         {"measure.scalars_every", std::int64_t{1}}};
  for (const auto& [path, value] : changes) values[path] = value;
  for (const auto& [path, value] : values) EXPECT_TRUE(made.parameters.set(path, value).empty()) << path;
  return made;
}

}  // namespace tessera::test
