// See harness.h.
#include "tests/gui/harness.h"

#include <GLFW/glfw3.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "app/window/capture.h"
#include "app/window/layout.h"
#include "core/experiment.h"
#include "core/lab/build_info.h"
#include "core/lab/recorded_snapshot.h"
#include "imgui_internal.h"
#include "tests/gui/fake_router.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int usual_width = 1440, usual_height = 900;

fs::path new_folder() {
  std::string name = (fs::temp_directory_path() / "tessera-gui-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
  return name;
}

}  // namespace

Harness::Harness() : folder_(new_folder()), script_(std::make_shared<Script>()) {
  graphics_ = std::make_unique<Graphics>(GraphicsOptions{.width = usual_width, .height = usual_height});
  engine_ = ImGuiTestEngine_CreateContext();
  ImGuiTestEngineIO& io = ImGuiTestEngine_GetIO(engine_);
  io.ConfigRunSpeed = ImGuiTestRunSpeed_Fast;
  io.ConfigNoThrottle = true;
  io.ConfigSavedSettings = false;
  io.ConfigCaptureEnabled = false;
  io.ConfigLogToTTY = true;
  io.ConfigVerboseLevel = ImGuiTestVerboseLevel_Error;
  io.ConfigVerboseLevelOnError = ImGuiTestVerboseLevel_Info;
  io.ConfigWatchdogWarning = 60;
  io.ConfigWatchdogKillTest = 120;
  ImGuiTestEngine_Start(engine_, ImGui::GetCurrentContext());
}

Harness::~Harness() {
  app_.reset();
  ImGuiTestEngine_Stop(engine_);
  graphics_.reset();  // with the ImGui context, which the engine has to outlive
  ImGuiTestEngine_DestroyContext(engine_);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Harness::start(const std::function<void(WindowOptions&)>& change) {
  WindowOptions options;
  options.make_engine = [script = script_] { return make_fake_engine(script); };
  options.read_preset = [](const fs::path& file) {
    auto preset = load_preset(file, experiment_parameters(), check_combinations);
    if (preset) preset.value->parameters.set("run.pace", 0.0);  // the script of the made-up engine sets the pace
    return preset;
  };
  options.read_run = [](const fs::path& folder) {
    return read_snapshot(folder, experiment_parameters(), check_combinations);
  };
  options.check = check_combinations;
  options.route = fake_route;
  options.presets_folder = fs::path(source_folder()) / "presets";
  options.config_folder = folder_ / "config";
  if (change) change(options);
  app_ = std::make_unique<Application>(options, SettingsFile(options.config_folder), graphics_->fonts(), [] {});
}

void Harness::restart(ImGuiTestContext* context, bool keep, const std::function<void(WindowOptions&)>& change) {
  bool done = false;
  between_frames_ = [&] {
    script_->hold = false;
    app_.reset();
    if (!keep) {
      glfwSetWindowSize(graphics_->window(), usual_width, usual_height);
      fs::remove_all(folder_);
      fs::create_directories(folder_);
      script_ = std::make_shared<Script>();
    }
    start(change);
    done = true;
  };
  while (!done && !context->IsError()) context->Yield();
  context->Yield(8);  // the layout comes to rest
}

void Harness::add(const char* category, const char* name, std::function<void(ImGuiTestContext*, Harness&)> body) {
  ImGuiTest* test = IM_REGISTER_TEST(engine_, category, name);
  test->TestFunc = [this, body = std::move(body)](ImGuiTestContext* context) {
    const auto begin = Clock::now();
    restart(context, false);
    IM_CHECK(until(context, State::ready));
    body(context, *this);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::printf("%-8s %s %.1f s\n", context->IsError() ? "FAILED" : "passed", context->Test->Name.c_str(), seconds);
  };
}

void Harness::choose_file(ImGuiTestContext* context, const std::filesystem::path& file) {
  context->SetRef(find("###file"));
  context->ItemClick("##name");
  context->KeyCharsReplace(file.c_str());
  context->ItemClick("###accept");
  context->Yield(2);
}

bool Harness::until(ImGuiTestContext* context, const std::function<bool()>& done, double seconds) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (!done()) {
    if (Clock::now() > end || context->IsError()) return false;
    context->Yield();
  }
  context->Yield();  // so that it is drawn as well
  return true;
}

std::string Harness::window(const char* panel) const {
  for (const auto& candidate : app_->panels()) {
    if (std::string_view(candidate->name()) == panel) return "//" + window_id(*candidate);
  }
  throw std::out_of_range(panel);
}

ImGuiWindow* Harness::find(const char* name) { return ImGui::FindWindowByName(name); }

bool Harness::shown(const char* name) {
  const ImGuiWindow* window = find(name);
  return window && window->WasActive;
}

ImGuiID Harness::item(const char* window, const char* item) {
  const ImGuiWindow* in = find(window);
  return in ? ImHashStr(item, 0, in->ID) : 0;
}

ImGuiID Harness::child(ImGuiTestContext* context, const char* panel, const char* child) const {
  return context->WindowInfo((window(panel) + "/" + child).c_str()).ID;
}

ImGuiID Harness::controls(ImGuiTestContext* context) const {
  return context->GetID(("$$" + std::to_string(app_->run().id)).c_str(), child(context, "controls", "##parameters"));
}

void Harness::resize(ImGuiTestContext* context, int width, int height) {
  bool done = false;
  between_frames_ = [&] {
    glfwSetWindowSize(graphics_->window(), width, height);
    app_->reset_layout();
    done = true;
  };
  while (!done && !context->IsError()) context->Yield();
  context->Yield(8);  // the layout comes to rest
}

void Harness::picture(ImGuiTestContext* context, const std::string& name) {
  const char* pictures = std::getenv("TESSERA_GUI_PICTURES");
  if (!pictures) return;
  bool done = false;
  context->Yield(3);
  between_frames_ = [&] {
    write_png(graphics_->picture(), fs::path(pictures) / (name + ".png"));
    done = true;
  };
  while (!done && !context->IsError()) context->Yield();
}

Image Harness::look(ImGuiTestContext* context, const ImGuiTestItemInfo& item) {
  std::optional<Image> image;
  context->Yield(2);
  between_frames_ = [&] { image = graphics_->picture(); };
  while (!image && !context->IsError()) context->Yield();
  if (!image) return {};
  const ImRect& at = item.RectClipped;
  return image->crop(static_cast<int>(at.Min.x), static_cast<int>(at.Min.y), static_cast<int>(at.GetWidth()),
                     static_cast<int>(at.GetHeight()));
}

void Harness::frame() {
  app_->news();
  draw_frame(*graphics_, *app_, 1);
  if (between_frames_) std::exchange(between_frames_, {})();
  ImGuiTestEngine_PreSwap(engine_);
  graphics_->present();
  ImGuiTestEngine_PostSwap(engine_);
}

int Harness::run(int filters, char** filter) {
  start({});
  for (int i = 0; i < filters; ++i) ImGuiTestEngine_QueueTests(engine_, ImGuiTestGroup_Tests, filter[i]);
  if (filters == 0) ImGuiTestEngine_QueueTests(engine_, ImGuiTestGroup_Tests);
  while (!ImGuiTestEngine_IsTestQueueEmpty(engine_)) frame();
  ImGuiTestEngineResultSummary summary;
  ImGuiTestEngine_GetResultSummary(engine_, &summary);
  std::printf("%d of %d GUI tests passed\n", summary.CountSuccess, summary.CountTested);
  return summary.CountTested > 0 && summary.CountSuccess == summary.CountTested ? 0 : 1;
}

}  // namespace tessera::test
