// See forking.h.
#include "tests/gui/forking.h"

namespace tessera::test {

bool fork(ImGuiTestContext* t, Harness& h, const char* from) {
  const std::size_t before = h.app().live().size();
  t->KeyPress(ImGuiMod_Ctrl | ImGuiKey_F);
  IM_CHECK_RETV(h.until(t, [&] { return Harness::shown("###fork"); }), false);
  t->SetRef(Harness::find("###fork"));
  t->ItemClick(from);
  t->ItemClick("##filter");
  t->KeyCharsReplace("temperature");
  t->ItemClick("**/###model.router.temperature");
  t->ItemInputValue(("##" + std::string(temperature)).c_str(), 0.25f);
  t->ItemClick("Fork");
  IM_CHECK_RETV(h.until(t,
                        [&] {
                          const auto& live = h.app().live();
                          return live.size() == before + 1 && live.back()->snapshot->description &&
                                 live.back()->loading.empty();
                        }),
                false);
  return true;
}

void play_to_the_end(ImGuiTestContext* t, Harness& h) {
  t->KeyPress(ImGuiKey_Space);
  IM_CHECK(h.until(t, [&] {
    for (const auto& live : h.app().live()) {
      if (live->snapshot->state != State::finished) return false;
    }
    return true;
  }));
}

}  // namespace tessera::test
