// What the build knows about itself: version, commit, and where the checkout keeps its files.
#pragma once

#include <string_view>

namespace tessera {

std::string_view version();        // "0.1.0"
std::string_view commit();         // ten hexadecimal digits, or "unknown" outside a git checkout
std::string_view source_folder();  // the checkout: holds presets/ and assets/
std::string_view font_folder();    // Roboto/Roboto-Regular.ttf, Inconsolata-Medium.ttf, ...
std::string_view binary_folder();  // tessera and its shared libraries

}  // namespace tessera
