#include "tools/info/file_hashes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <vector>

#include "engine/core/unique_fd.h"

namespace capstan::tools {

namespace {

// One hash on its way. Without a context where the library does not have it.
class Digest {
 public:
  explicit Digest(const char* name) : context_(::EVP_MD_CTX_new(), ::EVP_MD_CTX_free) {
    const EVP_MD* const kind = ::EVP_get_digestbyname(name);
    if (kind == nullptr || context_ == nullptr ||
        ::EVP_DigestInit_ex(context_.get(), kind, nullptr) != 1) {
      context_.reset();
    }
  }

  void add(const std::vector<unsigned char>& bytes, std::size_t size) {
    if (context_ && ::EVP_DigestUpdate(context_.get(), bytes.data(), size) != 1) context_.reset();
  }

  std::string text() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned size = 0;
    if (!context_ || ::EVP_DigestFinal_ex(context_.get(), value.data(), &size) != 1) return "-";
    std::string text;
    for (unsigned at = 0; at < size; ++at) text += fmt::format("{:02x}", value[at]);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context_;
};

}  // namespace

FileHashes hash_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  Digest sha256("SHA256");
  Digest ripemd160("RIPEMD160");
  Digest sha1("SHA1");
  std::vector<unsigned char> piece(std::size_t{1} << 20);
  ssize_t count = 0;
  while ((count = ::read(file.get(), piece.data(), piece.size())) > 0) {
    for (Digest* const digest : {&sha256, &ripemd160, &sha1})
      digest->add(piece, static_cast<std::size_t>(count));
  }
  if (count < 0) return {};
  return {sha256.text(), ripemd160.text(), sha1.text()};
}

}  // namespace capstan::tools
