// What an expert's hidden layer applies.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tessera::kernels {

enum class Activation {
  relu,
  gelu,  // exact, x Phi(x) with the error function, as torch.nn.GELU() is by default
  silu,
};
inline constexpr std::array<std::string_view, 3> activation_names = {"relu", "gelu", "silu"};
constexpr std::string_view name_of(Activation activation) {
  return activation_names[static_cast<std::size_t>(activation)];
}
Activation activation_named(std::string_view name);  // c10::Error when there is no such activation

}  // namespace tessera::kernels
