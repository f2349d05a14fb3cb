#include "core/learn/tensor_cache.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "core/lab/atomic_file.h"
#include "core/lab/checkpoint.h"
#include "core/lab/storage_error.h"
#include "core/lab/user_folder.h"

namespace tessera {
namespace {

namespace fs = std::filesystem;

// An entry is the text that it was made from, the tensors as float64, and the CRC-32 of these.
std::optional<fs::path> file_of(const std::string& kind, const std::string& made_from) {
  const fs::path folder = user_folder("XDG_CACHE_HOME", ".cache");
  if (folder.empty()) return std::nullopt;
  return folder / (kind + "-" + std::to_string(crc32(std::as_bytes(std::span(made_from)))));
}

std::string payload_of(const std::vector<at::Tensor>& tensors) {
  std::string bytes;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor plain = tensor.detach().to(at::kCPU, at::kDouble).contiguous();
    bytes.append(reinterpret_cast<const char*>(plain.const_data_ptr<double>()),
                 static_cast<std::size_t>(plain.numel()) * sizeof(double));
  }
  return bytes;
}

}  // namespace

bool read_cached(const std::string& kind, const std::string& made_from, const std::vector<at::Tensor>& tensors) {
  const auto path = file_of(kind, made_from);
  std::size_t size = 0;
  for (const at::Tensor& tensor : tensors) size += static_cast<std::size_t>(tensor.numel()) * sizeof(double);
  std::error_code ignored;
  const std::size_t expected = made_from.size() + size + sizeof(std::uint32_t);
  if (!path || !fs::is_regular_file(*path, ignored) || fs::file_size(*path, ignored) != expected) return false;
  std::string bytes(expected, '\0');
  std::ifstream file(*path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(expected)) || !bytes.starts_with(made_from)) return false;
  const auto payload = std::span(bytes).subspan(made_from.size(), size);
  std::uint32_t sum = 0;
  std::memcpy(&sum, bytes.data() + made_from.size() + size, sizeof(sum));
  if (crc32(std::as_bytes(payload)) != sum) return false;
  const at::NoGradGuard no_grad;
  std::size_t at = 0;
  for (at::Tensor tensor : tensors) {
    at::Tensor plain = at::empty(tensor.sizes(), at::kDouble);
    const std::size_t length = static_cast<std::size_t>(plain.numel()) * sizeof(double);
    std::memcpy(plain.mutable_data_ptr<double>(), payload.data() + at, length);
    tensor.copy_(plain);
    at += length;
  }
  return true;
}

void write_cached(const std::string& kind, const std::string& made_from, const std::vector<at::Tensor>& tensors) {
  const auto path = file_of(kind, made_from);
  if (!path) return;
  std::error_code failed;
  fs::create_directories(path->parent_path(), failed);
  if (failed) return;
  std::string bytes = payload_of(tensors);
  const std::uint32_t sum = crc32(std::as_bytes(std::span(bytes)));
  bytes = made_from + bytes + std::string(reinterpret_cast<const char*>(&sum), sizeof(sum));
  try {
    write_file(*path, bytes);
  } catch (const StorageError&) {  // a full disk: it is trained again the next time
  }
}

}  // namespace tessera
