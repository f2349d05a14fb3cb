// Makes presets wrong: as JSON (its structure stays right, its content doesn't) and as text (anything may happen).
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace tessera::test {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  // Well-formed JSON with one to three changes at places drawn from the whole tree.
  std::string change_content(const std::string& preset) {
    nlohmann::json tree = nlohmann::json::parse(preset);
    for (std::size_t i = 1 + below(3); i > 0; --i) {
      std::vector<nlohmann::json*> places;
      collect(tree, places);
      change(*places[below(places.size())]);
    }
    return tree.dump(below(2) == 0 ? -1 : 2);
  }

  // Text with one to eight changes of bytes or pieces.
  std::string change_text(std::string text) {
    for (std::size_t i = 1 + below(8); i > 0; --i) {
      const std::size_t at = text.empty() ? 0 : below(text.size());
      switch (below(7)) {
        case 0:
          if (!text.empty()) text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.insert(at, 1, static_cast<char>(below(256)));
          break;
        case 2:
          text.erase(at, 1 + below(10));
          break;
        case 3:
          text.resize(at);
          break;
        case 4:
          text.insert(at, pick(pieces_));
          break;
        case 5:
          if (!text.empty()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
          break;
        default:  // a part of it again: duplicate keys, unbalanced brackets
          text.insert(at, text.substr(text.empty() ? 0 : below(text.size()), 1 + below(60)));
          break;
      }
    }
    return text;
  }

 private:
  using json = nlohmann::json;

  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
  template <class T>
  const T& pick(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  static void collect(json& value, std::vector<json*>& places) {
    places.push_back(&value);
    for (json& child : value) {
      if (value.is_structured()) collect(child, places);
    }
  }

  json any_value() {
    static const std::vector<json> values = {nullptr,
                                             true,
                                             false,
                                             0,
                                             1,
                                             -1,
                                             2.5,
                                             1e300,
                                             -1e300,
                                             5e-324,
                                             1e18,
                                             9007199254740993,
                                             18446744073709551615u,
                                             std::numeric_limits<std::int64_t>::min(),
                                             "",
                                             "softmax",
                                             "softmx",
                                             "true",
                                             "0.5",
                                             "NaN",
                                             "../../etc",
                                             "a\nb",
                                             std::string("a\0b", 3),
                                             std::string(5000, 'x'),
                                             "\xF0\x9F\xA7\xA9",
                                             json::array(),
                                             json::object(),
                                             {1, 2, 3},
                                             {{"step", 1}},
                                             {{"step", 1}, {"path", "model.router.temperature"}, {"value", 0.5}},
                                             {{"router", {{"k", 3}}}},
                                             {{"layer1", {{"router", {{"temperature", 7}}}}}}};
    return pick(values);
  }

  std::string any_key() {
    static const std::vector<std::string> keys = {"schema",
                                                  "title",
                                                  "about",
                                                  "watch",
                                                  "minutes",
                                                  "schedule",
                                                  "view",
                                                  "model",
                                                  "router",
                                                  "temperature",
                                                  "temprature",
                                                  "k",
                                                  "kind",
                                                  "task",
                                                  "data",
                                                  "path",
                                                  "run",
                                                  "seed",
                                                  "steps",
                                                  "layer0",
                                                  "layer3",
                                                  "layer99",
                                                  "layer01",
                                                  "layer",
                                                  "",
                                                  ".",
                                                  "model.router",
                                                  "step",
                                                  "value",
                                                  "ramp",
                                                  "panels",
                                                  "__proto__",
                                                  "$schema",
                                                  std::string(300, 'k'),
                                                  "\xC3\xA9",
                                                  "a\nb"};
    return pick(keys);
  }

  void change(json& place) {
    if (place.is_object() && below(3) > 0) {
      const std::size_t what = below(3);
      if (what == 0 || place.empty()) {
        place[any_key()] = any_value();
        return;
      }
      auto member = place.begin();
      std::advance(member, static_cast<std::ptrdiff_t>(below(place.size())));
      if (what == 2) place[any_key()] = *member;
      place.erase(member);
    } else if (place.is_array() && below(3) > 0) {
      place.push_back(any_value());
    } else if (place.is_number() && below(2) == 0) {
      const std::vector<json> near = {place.get<double>() * 1000, -place.get<double>(), place.get<double>() + 0.5,
                                      place.get<double>() * 1e30};
      place = pick(near);
    } else {
      place = any_value();
    }
  }

  std::mt19937_64 random_;
  const std::vector<std::string> pieces_ = {"NaN",
                                            "Infinity",
                                            "1e999",
                                            "-1e999",
                                            "null",
                                            "{",
                                            "}",
                                            "[",
                                            "]",
                                            "\"",
                                            "\\",
                                            "\\u0000",
                                            "\\ud800",
                                            ",",
                                            ":",
                                            "//",
                                            "/*",
                                            "\xFF",
                                            "\xED\xA0\x80",
                                            std::string(1, '\0'),
                                            "{\"a\":",
                                            "[[[[[[[[[[[[[[[[[[[[",
                                            "0x1",
                                            "01",
                                            "1.",
                                            "\"schema\": 2,",
                                            "\"schema\": 1, \"schema\": 1,",
                                            "\xEF\xBB\xBF",
                                            "99999999999999999999999999",
                                            "'",
                                            "\r\n"};
};

}  // namespace tessera::test
