#include "core/data/image_tasks.h"

#include <algorithm>

#include "core/data/image_set.h"
#include "core/lab/text.h"

namespace tessera {
namespace {

constexpr int most_classes = 10;

std::optional<ImageTask> read_task(std::string_view text) {
  ImageTask task;
  task.text = std::string(text);
  const auto& names = image_set_names();
  const std::string_view data = text.substr(0, text.find_first_of(" >"));
  if (std::find(names.begin(), names.end(), data) == names.end()) return std::nullopt;
  task.data = std::string(data);
  const std::string_view rest = trimmed(text.substr(data.size()));
  if (rest.empty()) return task;
  if (rest == "parity") {
    task.asks = ImageTask::Asks::parity;
    return task;
  }
  if (!rest.starts_with(">=")) return std::nullopt;
  const std::string_view number = trimmed(rest.substr(2));
  if (number.size() != 1 || number[0] < '1' || number[0] >= '0' + most_classes) return std::nullopt;
  task.asks = ImageTask::Asks::at_least;
  task.least = number[0] - '0';
  return task;
}

Problem wrong(std::string_view text) {
  std::string names;
  for (const std::string& name : image_set_names()) names += (names.empty() ? "" : ", ") + name;
  return {"task.multitask.tasks", "\"" + std::string(text) + "\"",
          "2 to 16 tasks separated by commas, no two alike, each DATA (its class), DATA >= 5 (1 to 9), or DATA parity; "
          "DATA one of " +
              names};
}

}  // namespace

Result<std::vector<ImageTask>> image_tasks(std::string_view text) {
  std::vector<ImageTask> tasks;
  for (const std::string_view part : split(text, ',')) {
    auto task = read_task(trimmed(part));
    if (!task) return std::vector{wrong(text)};
    const auto same = [&](const ImageTask& t) {
      return t.data == task->data && t.asks == task->asks && t.least == task->least;
    };
    if (std::any_of(tasks.begin(), tasks.end(), same)) return std::vector{wrong(text)};
    tasks.push_back(*std::move(task));
  }
  if (tasks.size() < fewest_image_tasks || tasks.size() > most_image_tasks) return std::vector{wrong(text)};
  return tasks;
}

}  // namespace tessera
