#include "engine/audit/secret_digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

#include "engine/core/errors.h"

namespace capstan::audit {

namespace {

void fill_random(void* out, std::size_t size) {
  if (::getrandom(out, size, 0) != static_cast<ssize_t>(size)) throw_errno("getrandom");
}

class HmacDigest final : public SecretDigest {
 public:
  HmacDigest() { fill_random(key_.data(), key_.size()); }
  ~HmacDigest() override { ::explicit_bzero(key_.data(), key_.size()); }
  HmacDigest(const HmacDigest&) = delete;
  HmacDigest& operator=(const HmacDigest&) = delete;

  std::uint64_t digest(Bytes secret) const noexcept override {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), secret.data(), secret.size(),
         out.data(), &size);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value = value << 8 | out[i];
    return value == 0 ? 1 : value;  // 0 means "not asked for"
  }

 private:
  std::array<std::uint8_t, 32> key_{};
};

}  // namespace

std::unique_ptr<SecretDigest> make_secret_digest() { return std::make_unique<HmacDigest>(); }

std::uint64_t random_key() {
  std::uint64_t key = 0;
  fill_random(&key, sizeof(key));
  return key;
}

}  // namespace capstan::audit
