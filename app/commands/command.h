// The commands of the program. Each has a file of its own that defines one add_NAME, and a line in all_commands().
#pragma once

#include <functional>
#include <vector>

#include "core/lab/problem.h"

namespace CLI {
class App;
}

namespace tessera::commands {

// Exit codes that scripts rely on.
enum Exit { fine = 0, failed = 1, bad_input = 2, interrupted = 130 };

// What the command line asks for, run after it was read whole. Returns the exit code. An InputError that it throws ends
// the program with `bad_input`, any other exception with `failed`, each with its text on standard error.
using Action = std::function<int()>;

// Adds a command with its options to the program; when the command line names it, it sets `action`.
using Adder = void (*)(CLI::App& program, Action& action);
const std::vector<Adder>& all_commands();

// The window is what the program does when no command is named.
void add_window(CLI::App& program, Action& action);

void add_run(CLI::App& program, Action& action);
void add_fork(CLI::App& program, Action& action);
void add_replay(CLI::App& program, Action& action);
void add_compare(CLI::App& program, Action& action);
void add_verify(CLI::App& program, Action& action);
void add_export(CLI::App& program, Action& action);
void add_route(CLI::App& program, Action& action);
void add_check(CLI::App& program, Action& action);
void add_presets(CLI::App& program, Action& action);
void add_data(CLI::App& program, Action& action);
void add_shot(CLI::App& program, Action& action);
void add_schema(CLI::App& program, Action& action);
void add_manual(CLI::App& program, Action& action);

// Every problem on standard error, a line each; returns `bad_input`.
int report(const std::vector<Problem>& problems);

void append(std::vector<Problem>& to, const std::vector<Problem>& from);

}  // namespace tessera::commands
