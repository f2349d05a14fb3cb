// One router of the playground: which one it is, what is set otherwise, and what it makes of the logits.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/panels/parameter_editor.h"
#include "app/panels/playground_state.h"
#include "app/panels/route_asker.h"
#include "app/panels/route_view.h"

namespace tessera {

// Item ids, within "##column ID": "##router", "###remove", "###settings", and in its popup "###published" and those of
// parameter_editor.h.
class PlaygroundColumn {
 public:
  explicit PlaygroundColumn(int id) : id_(id) {}
  int id() const { return id_; }

  struct Inputs {
    const std::vector<double>&logits, &bias;
    const std::optional<double>& temperature;
  };
  // What is to be asked; nothing while the router is not to be had, or its parameters don't go together: then the
  // column says why.
  std::optional<RouteQuestion> question(const PanelContext&, const PlaygroundRouter&, const Inputs&);

  struct Shown {
    const RouteAsker::Reply* reply;  // may be null
    const RouteScale& scale;
    RoutePart part;
    bool removable;
  };
  // Draws it; changes the router as the person does. Whether it is to be removed.
  bool draw(PanelContext&, PlaygroundRouter&, const Shown&, ImVec2 size, Pointed&);
  // Whether columns of this size have room for bars and heatmaps.
  static bool fits(ImVec2 size);

  const ParameterTable* table() const { return base_ ? &base_->table() : nullptr; }

 private:
  void find(const PanelContext&, const PlaygroundRouter&);
  bool header(PanelContext&, PlaygroundRouter&, bool removable);
  void settings(PanelContext&, PlaygroundRouter&);
  void controls(PanelContext&, PlaygroundRouter&);

  int id_;
  // The router as it is where it comes from, and where that is.
  std::optional<Parameters> base_;
  std::string of_;
  std::shared_ptr<const Parameters> of_run_;
  int of_layer_ = -1;
  std::vector<Problem> problems_;  // why there is none

  std::optional<RouteQuestion> question_;  // as it was last made
  std::vector<Problem> refused_;           // what of it doesn't go together
  std::vector<std::string> notes_;
  bool common_temperature_ = false;
  std::unique_ptr<RouteView> view_ = std::make_unique<RouteView>();
};

}  // namespace tessera
