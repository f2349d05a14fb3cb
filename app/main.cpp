// Tessera: reads the command line and runs what it names; without a command, opens the window.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "app/commands/command.h"
#include "core/lab/build_info.h"

namespace {

using namespace tessera;
using namespace tessera::commands;

// " run", or empty for the window.
std::string named_command(const CLI::App& program) {
  const auto named = program.get_subcommands();
  return named.empty() ? "" : " " + named.front()->get_name();
}

int parse_and_run(int argc, char** argv) {
  CLI::App program("Tessera: a desktop laboratory for mixture-of-experts training. Without a command: the window.",
                   "./lab");
  program.set_version_flag("--version", std::string(version()) + " (" + std::string(commit()) + ")");
  program.require_subcommand(0, 1);
  program.footer(
      "`./lab COMMAND --help` says more. Exit codes: 0 fine, 1 failed while running, 2 bad input, 130 interrupted.");

  Action action;
  add_window(program, action);
  for (const Adder add : all_commands()) add(program, action);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help, --version
    return report({{error.what(), "", "what ./lab" + named_command(program) + " --help lists"}});
  }
  if (const std::string command = named_command(program); !command.empty()) {
    for (const CLI::Option* option : program.get_options()) {
      if (option->count() > 0) {
        return report({{option->get_name(), "before the command, where options are the window's", "after" + command}});
      }
    }
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow further is an error like a full disk, not the end
  try {
    return parse_and_run(argc, argv);
  } catch (const InputError& error) {
    return report(error.problems());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "failed: %s\n", error.what());
    return failed;
  }
}
