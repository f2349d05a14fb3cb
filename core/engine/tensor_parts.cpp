#include "core/engine/tensor_parts.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <bit>
#include <cstring>

namespace tessera {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr char magic[4] = {'T', 'S', 'R', '1'};

std::uint8_t dtype_code(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return 1;
    case at::kDouble:
      return 2;
    case at::kLong:
      return 3;
    case at::kByte:
      return 4;
    default:
      TORCH_CHECK(false, "a checkpoint holds no ", type);
  }
}

std::vector<std::byte> header(const at::Tensor& tensor) {
  std::vector<std::byte> bytes(sizeof(magic) + 2 + 8 * static_cast<std::size_t>(tensor.dim()));
  std::memcpy(bytes.data(), magic, sizeof(magic));
  bytes[4] = static_cast<std::byte>(dtype_code(tensor.scalar_type()));
  bytes[5] = static_cast<std::byte>(tensor.dim());
  for (std::int64_t d = 0; d < tensor.dim(); ++d) {
    const std::int64_t extent = tensor.size(d);
    std::memcpy(bytes.data() + 6 + 8 * d, &extent, 8);
  }
  return bytes;
}

}  // namespace

void write_tensor(Writer& writer, std::string_view name, const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kCPU).contiguous();
  std::vector<std::byte> bytes = header(plain);
  const auto* values = static_cast<const std::byte*>(plain.const_data_ptr());
  bytes.insert(bytes.end(), values, values + plain.nbytes());
  writer.write(name, bytes);
}

void TensorReader::read(std::string_view name, const at::Tensor& into) {
  const std::vector<std::byte> bytes = reader_.read(name);
  // The header must be, byte for byte, that of the tensor to fill: nothing in the part is trusted with a size.
  const std::vector<std::byte> wanted = header(into);
  const bool same =
      bytes.size() == wanted.size() + into.nbytes() && std::memcmp(bytes.data(), wanted.data(), wanted.size()) == 0;
  if (!same) {
    throw InputError({{"checkpoint: " + std::string(name), "not a tensor of this experiment",
                       "a checkpoint of this experiment, undamaged"}});
  }
  at::Tensor from = at::empty(into.sizes(), into.options().device(at::kCPU).requires_grad(false));
  if (from.nbytes() > 0) std::memcpy(from.mutable_data_ptr(), bytes.data() + wanted.size(), from.nbytes());
  copies_.push_back({into, std::move(from)});
}

void TensorReader::commit() {
  const at::NoGradGuard no_grad;
  for (const Copy& copy : copies_) {
    at::Tensor into = copy.into;
    into.copy_(copy.from);
  }
  copies_.clear();
}

}  // namespace tessera
