// The list of commands, and how problems are told.
#include "app/commands/command.h"

#include <cstdio>

namespace tessera::commands {

const std::vector<Adder>& all_commands() {
  static const std::vector<Adder> commands = {add_run,    add_fork,   add_replay, add_compare, add_verify,
                                              add_export, add_route,  add_check,  add_presets, add_data,
                                              add_shot,   add_schema, add_manual};
  return commands;
}

int report(const std::vector<Problem>& problems) {
  for (const Problem& problem : problems) std::fprintf(stderr, "%s\n", problem.text().c_str());
  return bad_input;
}

void append(std::vector<Problem>& to, const std::vector<Problem>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace tessera::commands
