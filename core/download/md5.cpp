// See md5.h.
#include "core/download/md5.h"

#include <openssl/evp.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace tessera {

std::string md5_of(const std::filesystem::path& path) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!digest || EVP_DigestInit_ex(digest.get(), EVP_md5(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL offers no MD5 here");  // where it is set up to be strict
  }
  const auto fail = [&] {
    throw std::runtime_error(path.string() + ": can't be read: " + std::generic_category().message(errno));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (!file) fail();
  std::vector<unsigned char> bytes(1 << 17);
  while (const std::size_t got = std::fread(bytes.data(), 1, bytes.size(), file.get())) {
    EVP_DigestUpdate(digest.get(), bytes.data(), got);
  }
  if (std::ferror(file.get())) fail();

  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_DigestFinal_ex(digest.get(), sum, &length);
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", sum[i]);
    text += digits;
  }
  return text;
}

}  // namespace tessera
