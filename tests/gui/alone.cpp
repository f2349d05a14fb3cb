#include "tests/gui/alone.h"

namespace tessera::test {

void show_alone(ImGuiTestContext* ctx, Harness& h, const char* panel, const std::map<std::string, Value>& parameters,
                std::int64_t steps, ImVec2 size) {
  Preset preset = *h.now().preset;
  for (const auto& [path, value] : parameters) IM_CHECK(preset.parameters.set(path, value).empty());
  preset.schedule.clear();
  const int builds = h.script().builds;
  h.app().submit(command::Load{preset});
  IM_CHECK(h.until(ctx, [&] { return h.script().builds > builds && h.now().state == State::ready; }));
  h.script().step_us = 500;
  h.app().submit(command::Step{static_cast<int>(steps)});
  IM_CHECK(h.until(ctx, [&] { return h.now().step == steps && h.now().state == State::paused; }));
  h.app().show_panel(panel, true);
  ctx->Yield(4);
  const std::string window = h.window(panel);
  ctx->UndockWindow(window.c_str());
  ctx->WindowMove(window.c_str(), ImVec2(30, 40));
  ctx->WindowResize(window.c_str(), size);
  ctx->Yield(4);
  ctx->SetRef(window.c_str());
}

}  // namespace tessera::test
