// export RUN: the figures of a recorded run for other programs.
#include "app/export/export.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "app/commands/command.h"
#include "core/experiment.h"
#include "core/lab/text.h"

namespace tessera::commands {
namespace {

namespace fs = std::filesystem;

struct Request {
  std::string run;
  std::vector<std::optional<std::string>> places{export_formats().size()};  // parallel to the formats
  bool force = false;
};

std::vector<Problem> in_the_way(const Export& plan, const Request& request) {
  const std::vector<fs::path> files = files_in_the_way(plan);
  std::error_code error;
  const bool own = fs::equivalent(plan.folder, request.run, error);
  if (files.empty() || (request.force && !own)) return {};
  std::vector<std::string> names;
  for (const fs::path& file : files) names.push_back(file.lexically_relative(plan.folder).string());
  return {{plan.folder.string(), "there already: " + listed(names, 5),
           own ? "another folder than the run's own" : "a new or empty folder, or --force to replace them"}};
}

int export_run(const Request& request) {
  const auto figures = read_figures(request.run, experiment_parameters(), check_combinations);
  if (!figures) return report(figures.problems);
  if (!any_figures(**figures.value)) return report({{request.run, "no figures yet", "a run that has begun"}});

  std::vector<Export> plans;
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < request.places.size(); ++i) {
    if (!request.places[i]) continue;
    const ExportFormat& format = export_formats()[i];
    if (request.places[i]->empty()) problems.push_back({std::string("--") + format.name, "\"\"", "a folder"});
    plans.push_back(plan_export(format, *figures.value, *request.places[i]));
    append(problems, in_the_way(plans.back(), request));
  }
  if (!problems.empty()) return report(problems);
  write_exports(plans);
  for (const Export& plan : plans) {
    const std::size_t count = plan.files.size();
    if (count == 1) std::printf("%s\n", (plan.folder / plan.files[0].name).c_str());
    if (count > 1) std::printf("%s: %zu files\n", plan.folder.c_str(), count);
  }
  return fine;
}

}  // namespace

void add_export(CLI::App& program, Action& action) {
  const auto request = std::make_shared<Request>();
  CLI::App* command = program.add_subcommand("export", "Write a recorded run's figures for other programs");
  command->add_option("RUN", request->run, "Folder of a run")->required();
  CLI::Option_group* formats = command->add_option_group("formats", "At least one of");
  for (std::size_t i = 0; i < request->places.size(); ++i) {
    const ExportFormat& format = export_formats()[i];
    const bool file = *format.extension != '\0';
    formats->add_option(std::string("--") + format.name, request->places[i], format.help)
        ->type_name(file ? "DIR|FILE" + std::string(format.extension) : "DIR");
  }
  formats->require_option(1, 0);
  command->add_flag("--force", request->force, "Replace files that are there already");
  command->callback([request, &action] { action = [request] { return export_run(*request); }; });
}

}  // namespace tessera::commands
