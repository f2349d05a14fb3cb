// How the window is to look: the options that opening it and rendering it share.
#include "app/commands/look.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <string_view>

#include "core/lab/text.h"

namespace tessera::commands {
namespace {

// The whole text as a number, if it is one.
template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

constexpr int least_width = 640, least_height = 400, most = 7680;

}  // namespace

void Look::add_options(CLI::App& command) {
  command.add_option("--size", size, "Width and height in pixels, for example 1600x1000")->type_name("WxH");
  command.add_option("--theme", theme, "light or dark")->type_name("NAME");
  command.add_option("--scale", scale, "Interface scale, 0.75 to 2.5")->type_name("S");
}

std::vector<Problem> Look::apply(WindowOptions& options, double most_scale) const {
  std::vector<Problem> problems;
  if (size) {
    const auto x = size->find('x');
    const auto width = parse<int>(std::string_view(*size).substr(0, x));
    const auto height = x == std::string::npos ? std::nullopt : parse<int>(std::string_view(*size).substr(x + 1));
    if (width && height && *width >= least_width && *width <= most && *height >= least_height && *height <= most) {
      options.width = *width;
      options.height = *height;
    } else {
      problems.push_back({"--size", in_quotes(*size),
                          "WIDTHxHEIGHT, " + std::to_string(least_width) + " to " + std::to_string(most) + " by " +
                              std::to_string(least_height) + " to " + std::to_string(most)});
    }
  }
  if (theme) {
    options.theme = *theme;
    if (*theme != "light" && *theme != "dark") problems.push_back({"--theme", in_quotes(*theme), "light, dark"});
  }
  if (scale) {
    options.scale = parse<double>(*scale).value_or(0);
    if (!(options.scale >= 0.75 && options.scale <= most_scale)) {
      problems.push_back({"--scale", in_quotes(*scale), "0.75 to " + to_string(Value(most_scale))});
    }
  }
  return problems;
}

}  // namespace tessera::commands
