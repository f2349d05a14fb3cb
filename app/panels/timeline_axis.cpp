// See timeline_axis.h.
#include "app/panels/timeline_axis.h"

#include <algorithm>
#include <cmath>

#include "app/panels/colours.h"
#include "app/panels/widgets.h"
#include "core/lab/text.h"
#include "imgui_internal.h"

namespace tessera {
namespace {

constexpr ImGuiID key_left = 0x71e1, key_width = 0x71e2, key_from = 0x71e3, key_to = 0x71e4;  // for timeline_x

std::string mark_id(const Intervention& change) { return "##mark " + std::to_string(change.step) + " " + change.path; }

class Timescale {
 public:
  Timescale(PanelContext& context, TimelineView& view, const std::vector<Intervention>& timeline,
            const TimelineEvents& events, const std::vector<TimelineRow>& rows, ImVec2 size)
      : context_(context),
        view_(view),
        timeline_(timeline),
        events_(events),
        rows_(rows),
        now_(context.newest),
        tone_(tones(context.dark)),
        at_(ImGui::GetCursorScreenPos()),
        size_(size),
        line_(ImGui::GetTextLineHeight()),
        row_(row_height(context.scale)) {
    float widest = events.any() ? ImGui::CalcTextSize(events.label().c_str()).x : 0;
    for (const TimelineRow& row : rows) widest = std::max(widest, ImGui::CalcTextSize(row.label.c_str()).x);
    labels_ = std::min(widest + 10 * context.scale, std::min(210 * context.scale, size.x * 0.36f));
    left_ = at_.x + labels_;
    width_ = std::max(1.0f, size.x - labels_ - ImGui::CalcTextSize("00000").x / 2);
    top_ = at_.y + line_ * 1.5f;
    first_row_ = top_ + lane_height(events, context.scale);
  }

  static float row_height(float scale) { return std::round(ImGui::GetTextLineHeight() + 10 * scale); }

  static float lane_height(const TimelineEvents& events, float scale) {
    return events.any() ? std::round(ImGui::GetTextLineHeight() + 4 * scale) : 0;
  }

  TimelineWish draw() {
    limits();
    ImGui::PushClipRect(at_, ImVec2(at_.x + size_.x, at_.y + size_.y), true);
    area();
    ruler();
    lane();
    for (std::size_t i = 0; i < rows_.size(); ++i) row(i);
    moment();
    // Also where its mark is no longer there to say that it was let go.
    if (!ImGui::IsMouseDown(0)) view_.dragged.reset();
    ImGui::PopClipRect();
    ImGui::SetCursorScreenPos(at_);
    ImGui::Dummy(size_);
    ImGuiStorage& kept = *ImGui::GetStateStorage();
    kept.SetFloat(key_left, left_);
    kept.SetFloat(key_width, width_);
    kept.SetFloat(key_from, static_cast<float>(view_.from));
    kept.SetFloat(key_to, static_cast<float>(view_.to));
    return std::move(wish_);
  }

 private:
  float x_of(double step) const {
    return left_ + static_cast<float>((step - view_.from) / (view_.to - view_.from)) * width_;
  }
  std::int64_t step_at(float x) const {
    const double part = static_cast<double>((x - left_) / width_);
    return std::max<std::int64_t>(0, std::llround(view_.from + part * (view_.to - view_.from)));
  }

  double end() const { return static_cast<double>(end_of(now_, timeline_)); }

  void limits() {
    if (!view_.follow) return;
    view_.from = 0;
    view_.to = end();
  }

  // Everything but the marks: moves the moment, zooms, pans, adds.
  void area() {
    ImGui::SetNextItemAllowOverlap();
    ImGui::InvisibleButton("##axis", size_, ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
    const bool hovered = ImGui::IsItemHovered();
    const ImVec2 mouse = ImGui::GetMousePos();
    const bool inside = mouse.x >= left_;
    const std::optional<std::int64_t> event = hovered && inside ? event_at(mouse) : std::nullopt;
    const std::int64_t step = event.value_or(step_at(mouse.x));
    if (hovered && inside && ImGui::IsMouseDoubleClicked(0)) {
      view_.scrubbing = false;
      const auto index = static_cast<std::ptrdiff_t>(std::floor((mouse.y - first_row_) / row_));
      const bool of_a_row = mouse.y >= first_row_ && index < static_cast<std::ptrdiff_t>(rows_.size());
      wish_.add = TimelineWish::Place{of_a_row ? rows_[static_cast<std::size_t>(index)].path : "", step};
    } else if (hovered && inside && ImGui::IsMouseClicked(0)) {
      view_.scrubbing = true;
    }
    if (!ImGui::IsMouseDown(0)) view_.scrubbing = false;
    if (view_.scrubbing) context_.set_moment(step >= now_.step ? -1 : step);
    const double span = view_.to - view_.from;
    if (ImGui::IsItemActive() && ImGui::IsMouseDragging(1, 0)) {
      pan(-static_cast<double>(ImGui::GetIO().MouseDelta.x / width_) * span);
    }
    if (!hovered) return;
    ImGui::SetItemKeyOwner(ImGuiKey_MouseWheelY);
    if (const float wheel = ImGui::GetIO().MouseWheel; wheel != 0 && inside) zoom(wheel, static_cast<double>(step));
  }

  void zoom(float wheel, double about) {
    const double factor = std::pow(0.8, static_cast<double>(wheel));
    const double most = end(), least = std::min(10.0, most);
    const double span = std::clamp((view_.to - view_.from) * factor, least, most);
    const double part = (about - view_.from) / (view_.to - view_.from);
    view_.follow = span >= most;
    view_.from = about - part * span;
    view_.to = view_.from + span;
    pan(0);
  }

  void pan(double by) {
    if (by != 0) view_.follow = false;
    const double span = view_.to - view_.from;
    view_.from = std::clamp(view_.from + by, 0.0, std::max(0.0, end() - span));
    view_.to = view_.from + span;
  }

  void ruler() const {
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const float bottom = at_.y + size_.y;
    list.AddText(ImVec2(at_.x, at_.y), tone_.muted, "step");
    const double room = ImGui::CalcTextSize("00,000,000").x;
    const std::int64_t every = round_distance((view_.to - view_.from) * room / static_cast<double>(width_));
    for (std::int64_t step = static_cast<std::int64_t>(std::ceil(view_.from / static_cast<double>(every))) * every;
         static_cast<double>(step) <= view_.to; step += every) {
      const float x = std::round(x_of(static_cast<double>(step)));
      const std::string text = with_commas(step);
      list.AddLine(ImVec2(x, top_ - line_ * 0.35f), ImVec2(x, bottom), ui::faded(tone_.muted, 0.2f));
      list.AddText(ImVec2(x - ImGui::CalcTextSize(text.c_str()).x / 2, at_.y), tone_.muted, text.c_str());
    }
    list.AddLine(ImVec2(left_, top_), ImVec2(left_ + width_, top_), ui::faded(tone_.muted, 0.6f));
    // What has been computed so far; what lies right of it can be planned.
    const float now = std::clamp(x_of(static_cast<double>(now_.step)), left_, left_ + width_);
    list.AddRectFilled(ImVec2(left_, top_), ImVec2(now, bottom), ui::faded(tone_.muted, 0.09f));
    if (static_cast<double>(now_.step) < view_.from || static_cast<double>(now_.step) > view_.to) return;
    list.AddLine(ImVec2(now, top_ - line_ * 0.35f), ImVec2(now, bottom), tone_.good, 1.5f * context_.scale);
  }

  // The step of the event under the pointer.
  std::optional<std::int64_t> event_at(ImVec2 mouse) const {
    if (mouse.y < top_ || mouse.y >= first_row_) return {};
    const double half = 4.0 * context_.scale * (view_.to - view_.from) / static_cast<double>(width_);
    const TimelineEvent* found =
        events_.nearest(view_.from + (view_.to - view_.from) * static_cast<double>((mouse.x - left_) / width_), half);
    return found ? std::optional(found->step) : std::nullopt;
  }

  void lane() const {
    if (!events_.any()) return;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    list.AddText(ImVec2(at_.x, std::round((top_ + first_row_ - line_) / 2)), tone_.text, events_.label().c_str());
    const float base = first_row_ - 1, height = base - top_ - 2;
    list.AddLine(ImVec2(left_, base), ImVec2(left_ + width_, base), ui::faded(tone_.muted, 0.25f));
    const float pixel = std::max(1.0f, std::round(1.5f * context_.scale));
    for (const TimelineEvents::Bar& bar : events_.bars(view_.from, view_.to, width_ / pixel)) {
      const float x = std::round(x_of(bar.step));
      list.AddRectFilled(ImVec2(x, base - height * (0.3f + 0.7f * bar.part)), ImVec2(x + pixel, base),
                         ui::faded(tone_.warning, 0.45f + 0.55f * bar.part));
    }
    const ImVec2 mouse = ImGui::GetMousePos();
    if (!ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem) || mouse.x < left_) return;
    if (const auto step = event_at(mouse)) ImGui::SetTooltip("%s", events_.text(*step).c_str());
  }

  void moment() const {
    if (context_.moment < 0) return;
    const float x = std::round(x_of(static_cast<double>(context_.moment)));
    if (x < left_ || x > left_ + width_) return;
    ImGui::GetWindowDrawList()->AddLine(ImVec2(x, top_ - line_ * 0.35f), ImVec2(x, at_.y + size_.y), tone_.accent,
                                        2 * context_.scale);
  }

  void row(std::size_t index) {
    const TimelineRow& row = rows_[index];
    const float top = first_row_ + static_cast<float>(index) * row_, middle = std::round(top + row_ / 2);
    if (top > at_.y + size_.y) return;
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const std::string label = ui::fitted(row.label, labels_ - 10 * context_.scale);
    list.AddText(ImVec2(at_.x, std::round(middle - line_ / 2)), tone_.text, label.c_str());
    const ImVec2 mouse = ImGui::GetMousePos();
    if (mouse.x < left_ && mouse.y >= top && mouse.y < top + row_ && ImGui::IsWindowHovered()) {
      ImGui::SetTooltip("%s", row.path.c_str());
    }
    list.AddLine(ImVec2(left_, middle), ImVec2(left_ + width_, middle), ui::faded(tone_.muted, 0.25f));
    ImGui::PushClipRect(ImVec2(left_ - radius() - 1, top), ImVec2(at_.x + size_.x, top + row_), true);
    float last = -1e9f, last_end = -1e9f;
    for (std::size_t i = 0; i < row.changes.size(); ++i) {
      const Intervention& change = timeline_[row.changes[i]];
      if (view_.dragged && *view_.dragged == change) continue;  // over the others: it is drawn last
      const float x = std::round(x_of(static_cast<double>(change.step)));
      const float end = std::round(x_of(static_cast<double>(change.step + change.ramp)));
      // A slider's move leaves many at nearly one place, and a long plan has more of them than pixels.
      const bool selected = view_.selected && *view_.selected == change;
      if (x - last < 2 && end - last_end < 2 && !selected) continue;
      last = x;
      last_end = std::max(last_end, end);
      const Intervention* next = i + 1 < row.changes.size() ? &timeline_[row.changes[i + 1]] : nullptr;
      mark(change, change.step, change.step <= now_.step, next, middle);
    }
    const bool moved_here = view_.dragged && view_.dragged->path == row.path;
    if (moved_here) mark(Intervention(*view_.dragged), view_.dragged_to, false, nullptr, middle);
    ImGui::PopClipRect();
  }

  float radius() const { return std::round(5 * context_.scale); }

  void mark(const Intervention& change, std::int64_t step, bool fixed, const Intervention* next, float middle) {
    const float x = std::round(x_of(static_cast<double>(step))), r = radius();
    const float end = x_of(static_cast<double>(step + change.ramp));
    const bool moving = view_.dragged && *view_.dragged == change;
    const bool seen = std::max(x, end) >= left_ - r && x <= left_ + width_ + r;
    if (!seen && !moving) return;  // its button must be there when it is let go
    ImDrawList& list = *ImGui::GetWindowDrawList();
    const bool selected = view_.selected && *view_.selected == change;
    const ImU32 ink = selected ? tone_.accent : tone_.marker;
    if (change.ramp > 0) {
      const ImVec2 from(x, middle - r * 0.6f), to(end, middle + r * 0.6f);
      if (fixed) {
        list.AddRectFilled(from, to, ui::faded(ink, 0.45f), 2);
      } else {
        list.AddRect(from, to, ink, 2);
      }
    }
    if (fixed) {
      list.AddCircleFilled(ImVec2(x, middle), r, ink);
    } else {
      list.AddCircleFilled(ImVec2(x, middle), r, tone_.background);
      list.AddCircle(ImVec2(x, middle), r, ink, 0, std::max(1.0f, 1.8f * context_.scale));
    }
    // Its value, where the next mark leaves room for it.
    const std::string text = to_string(change.value) + (moving ? " at step " + with_commas(step) : "");
    const float behind = std::max(x, end) + r + 3;  // the ramp, too
    const float room = (next ? x_of(static_cast<double>(next->step)) - r : at_.x + size_.x) - behind - 1;
    const float width = ImGui::CalcTextSize(text.c_str()).x;
    const ImVec2 place(behind, std::round(middle - line_ / 2));
    if (width <= room || moving) {
      list.AddRectFilled(place, ImVec2(place.x + width, place.y + line_), ui::faded(tone_.background, 0.7f));
      list.AddText(place, selected ? tone_.accent : tone_.text, text.c_str());
    }
    handle(change, fixed, ImVec2(x, middle));
  }

  void handle(const Intervention& change, bool fixed, ImVec2 at) {
    const float half = radius() + 3 * context_.scale;
    const std::string id = mark_id(change);
    ImGui::SetCursorScreenPos(ImVec2(at.x - half, at.y - half));
    ImGui::InvisibleButton(id.c_str(), ImVec2(2 * half, 2 * half));
    const bool hovered = ImGui::IsItemHovered(), active = ImGui::IsItemActive();
    if (ImGui::IsItemActivated()) view_.selected = change;
    if (active && !fixed && ImGui::IsMouseDragging(0, 3)) {
      view_.dragged = change;
      view_.dragged_to = std::max(now_.step + 1, step_at(std::clamp(ImGui::GetMousePos().x, left_, left_ + width_)));
    }
    if (ImGui::IsItemDeactivated() && view_.dragged && *view_.dragged == change) {
      if (view_.dragged_to != change.step) wish_.move = TimelineWish::Move{change, view_.dragged_to};
      view_.dragged.reset();
    }
    if (hovered && !fixed) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
    if (hovered && !fixed && ImGui::IsMouseDoubleClicked(0)) wish_.edit = change;
    if ((hovered || active) && !view_.dragged) tooltip(change, fixed);
    if (ImGui::BeginPopupContextItem()) {
      view_.selected = change;
      if (ImGui::MenuItem("Edit...", nullptr, false, !fixed)) wish_.edit = change;
      if (ImGui::MenuItem("Delete", "Del", false, !fixed)) wish_.remove = change;
      if (fixed) ImGui::TextUnformatted(why_fixed(change, now_.step).c_str());
      ImGui::EndPopup();
    }
  }

  void tooltip(const Intervention& change, bool fixed) const {
    if (!ImGui::BeginTooltip()) return;
    ImGui::Text("step %s: %s", with_commas(change.step).c_str(),
                label_of(change.path, now_.preset->parameters.table()).c_str());
    std::string to = "to " + to_string(change.value);
    if (change.ramp > 0) to += " over " + with_commas(change.ramp) + " steps";
    ImGui::TextUnformatted(to.c_str());
    ui::muted_text(context_, fixed ? why_fixed(change, now_.step).c_str()
                                   : "Planned. Drag to move it, double-click to edit it, Del to delete it.");
    ImGui::EndTooltip();
  }

  PanelContext& context_;
  TimelineView& view_;
  const std::vector<Intervention>& timeline_;
  const TimelineEvents& events_;
  const std::vector<TimelineRow>& rows_;
  const Snapshot& now_;
  const Tones& tone_;
  const ImVec2 at_, size_;
  const float line_, row_;
  float labels_ = 0, left_ = 0, width_ = 1, top_ = 0, first_row_ = 0;
  TimelineWish wish_;
};

}  // namespace

std::int64_t end_of(const Snapshot& now, const std::vector<Intervention>& timeline) {
  std::int64_t end =
      now.steps > 0 ? std::max(now.steps, now.step) : now.step + std::max<std::int64_t>(100, now.step / 4);
  for (const Intervention& change : timeline) end = std::max(end, change.step + change.ramp);
  return end;
}

float timeline_height(const TimelineEvents& events, std::size_t rows, float scale) {
  return std::ceil(ImGui::GetTextLineHeight() * 1.5f + Timescale::lane_height(events, scale) +
                   Timescale::row_height(scale) * static_cast<float>(rows));
}

TimelineWish draw_timeline(PanelContext& context, TimelineView& view, const std::vector<Intervention>& timeline,
                           const TimelineEvents& events, const std::vector<TimelineRow>& rows, ImVec2 size) {
  return Timescale(context, view, timeline, events, rows, size).draw();
}

float timeline_x(const ImGuiStorage& of_window, std::int64_t step) {
  const float from = of_window.GetFloat(key_from), to = of_window.GetFloat(key_to);
  return of_window.GetFloat(key_left) + (static_cast<float>(step) - from) / (to - from) * of_window.GetFloat(key_width);
}

}  // namespace tessera
