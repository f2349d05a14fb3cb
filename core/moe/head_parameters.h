// The head: one linear map to all classes, a mosaic of tiles that know some classes each, or experts that know all.
#pragma once

#include "core/data/tile_layout.h"
#include "core/lab/parameter.h"

namespace tessera {

struct HeadParameters {
  std::string kind = "linear";
  TileLayoutSpec tiles;
  bool route_by_label = false;
  struct Experts {
    std::int64_t count = 4;
    std::int64_t router_features = 8192;
    double redundancy = 0;
    std::string redundancy_of = "weights";
  } experts;

  void describe(Describer& d) {
    const Condition tiled{"kind", {"tiles"}};
    d.choice(
        "kind", kind, {"linear", "tiles", "experts"},
        "linear: one matrix for all classes. tiles: small linear experts, each with logits of its own classes "
        "only; where tiles overlap, the logits are averaged. experts: linear experts with logits of all classes, mixed "
        "by a soft router (seed 003's expert protocol).",
        Applies::rebuild);
    d.integer("tiles.count", tiles.tiles, {.min = 1, .max = 100}, "tiles", "Tiles of the mosaic.", Applies::rebuild,
              tiled);
    d.choice("tiles.layout", tiles.layout, {"contiguous", "random_exclusive", "overlapping", "tasks", "list"},
             "Which classes a tile has. contiguous: neighbours, each class in one tile. random_exclusive: shuffled, "
             "each class in one tile. overlapping: neighbours, a class in several tiles. tasks: tile t has the classes "
             "of task t. list: as tiles.list has it. A change is taken over when the next task of a sequence begins, "
             "without one at once; each class takes along what was learned of it.",
             Applies::live, tiled);
    d.integer("tiles.classes_per_tile", tiles.classes_per_tile, {.min = 1, .max = 1000}, "classes",
              "Classes of each overlapping tile. Together the tiles must cover every class.", Applies::live,
              {"tiles.layout", {"overlapping"}});
    d.integer("tiles.layout_seed", tiles.seed, {.min = 0, .max = 2147483647}, "",
              "Shuffles the classes of a random layout; apart from run.seed, so that seeds share a layout.",
              Applies::live, {"tiles.layout", {"random_exclusive"}});
    d.text("tiles.list", tiles.list,
           "Tiles separated by |, each a list of classes and ranges: 0-4|5-9 or 0,2,4|1,3. As many as tiles.count; "
           "every class in one or in several.",
           Applies::live, {"tiles.layout", {"list"}});
    d.boolean("route_by_label", route_by_label,
              "While training, only the tiles that have the sample's class learn from it, each by the cross entropy "
              "among its own classes. Tests never see the label: the largest logit of all tiles wins.",
              Applies::live, tiled);
    const Condition mixed{"kind", {"experts"}};
    d.integer("experts.count", experts.count, {.min = 2, .max = 64}, "experts", "Linear experts of the head.",
              Applies::rebuild, mixed);
    d.integer("experts.router_features", experts.router_features, {.min = 0, .max = 8192}, "features",
              "How many of the features the router hears, the first ones; 0: its bias alone decides, for all samples "
              "alike. It has (features + 1) x experts parameters.",
              Applies::rebuild, mixed);
    d.real("experts.redundancy", experts.redundancy, {.min = 0, .max = 1000}, "",
           "Weight of the anti-redundancy loss: the mean over pairs of experts of the squared cosine between them.",
           Applies::live, mixed);
    d.choice("experts.redundancy_of", experts.redundancy_of, {"weights", "outputs"},
             "What of two experts is compared: their matrices, or what they make of each sample.", Applies::live,
             mixed);
  }
};

}  // namespace tessera
