// The training core, loaded when a command needs it.
#include "app/commands/engine_library.h"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

#include "app/commands/places.h"

namespace tessera::commands {
namespace {

// Never unloaded: LibTorch keeps threads and exit handlers of its own.
void* open_library() {
  const std::string file = (program_folder() / "tessera_engine.so").string();
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw std::runtime_error(std::string("the training core can't be loaded: ") + dlerror());
  return library;
}

void* library() {
  static void* const opened = open_library();  // an exception leaves it to be tried again
  return opened;
}

template <class Function>
Function* find(const char* name) {
  void* symbol = dlsym(library(), name);
  if (!symbol) throw std::runtime_error("the training core is not of this version; build again");
  return reinterpret_cast<Function*>(symbol);
}

}  // namespace

void load_engine_library() { library(); }

std::unique_ptr<Engine> new_engine() { return std::unique_ptr<Engine>(find<Engine*()>("tessera_new_engine")()); }

RouteAnswer answer_about(const RouteQuestion& question) {
  RouteAnswer answer;
  find<void(const RouteQuestion&, RouteAnswer&)>("tessera_answer")(question, answer);
  return answer;
}

std::vector<MetricSpec> declared_metrics() {
  std::vector<MetricSpec> specs;
  find<void(std::vector<MetricSpec>&)>("tessera_declared_metrics")(specs);
  return specs;
}

}  // namespace tessera::commands
