#include "core/moe/encoder.h"

#include "core/moe/image_encoder.h"
#include "core/moe/text_encoder.h"

namespace tessera {

std::unique_ptr<Encoder> make_encoder(const std::string& kind, const InputShape& shape, std::int64_t width,
                                      Initialiser& initialiser) {
  if (shape.is_text()) return std::make_unique<TextEncoder>(shape, width, initialiser);
  return std::make_unique<ImageEncoder>(kind, shape, width, initialiser);
}

}  // namespace tessera
