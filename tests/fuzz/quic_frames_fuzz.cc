// Any frames inside QUIC Initial packets that are sealed as they should be, which no fuzzer could
// get right by chance: reading them ends, gives the memory back and says nothing of a clear login.
//
// Input: frames; a byte 0xff begins the next packet, up to eight of them.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "engine/audit/session.h"
#include "engine/audit/verdict.h"
#include "engine/core/check.h"

namespace {

using namespace capstan;
using Block = std::array<std::uint8_t, 16>;

// RFC 9001 appendix A.1: the client's keys for this connection id.
constexpr std::array<std::uint8_t, 8> kConnectionId = {0x83, 0x94, 0xc8, 0xf0,
                                                       0x3e, 0x51, 0x57, 0x08};
constexpr Block kKey = {0x1f, 0x36, 0x96, 0x13, 0xdd, 0x76, 0xd5, 0x46,
                        0x77, 0x30, 0xef, 0xcb, 0xe3, 0xb1, 0xa2, 0x2d};
constexpr std::array<std::uint8_t, 12> kIv = {0xfa, 0x04, 0x4b, 0x2f, 0x42, 0xa3,
                                              0xfd, 0x3b, 0x46, 0xfb, 0x25, 0x5c};
constexpr Block kHeaderKey = {0x9f, 0x50, 0x44, 0x9e, 0x04, 0xa0, 0xe8, 0x10,
                              0x28, 0x3a, 0x1e, 0x99, 0x33, 0xad, 0xed, 0xd2};

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

// RFC 9001 section 5: a long header, the frames encrypted, the header protected.
std::vector<std::uint8_t> initial_packet(std::span<const std::uint8_t> frames,
                                         std::uint8_t number) {
  constexpr std::size_t kTag = 16;
  std::vector<std::uint8_t> packet = {0xc0, 0, 0, 0, 1, kConnectionId.size()};
  packet.insert(packet.end(), kConnectionId.begin(), kConnectionId.end());
  const std::size_t length = 1 + frames.size() + kTag;
  packet.insert(packet.end(), {0, 0, static_cast<std::uint8_t>(0x40 | length >> 8),
                               static_cast<std::uint8_t>(length), number});
  const std::size_t head = packet.size();
  packet.resize(head + frames.size() + kTag);
  std::array<std::uint8_t, 12> nonce = kIv;
  nonce.back() ^= number;
  const CipherContext seal(EVP_CIPHER_CTX_new());
  int out = 0;
  std::uint8_t* const body = packet.data() + head;
  CAPSTAN_CHECK(
      EVP_EncryptInit_ex(seal.get(), EVP_aes_128_gcm(), nullptr, kKey.data(), nonce.data()) == 1 &&
      EVP_EncryptUpdate(seal.get(), nullptr, &out, packet.data(), static_cast<int>(head)) == 1 &&
      EVP_EncryptUpdate(seal.get(), body, &out, frames.data(), static_cast<int>(frames.size())) ==
          1 &&
      EVP_EncryptFinal_ex(seal.get(), body + out, &out) == 1 &&
      EVP_CIPHER_CTX_ctrl(seal.get(), EVP_CTRL_GCM_GET_TAG, kTag, body + frames.size()) == 1);
  const CipherContext protect(EVP_CIPHER_CTX_new());
  std::array<std::uint8_t, 32> mask{};
  // The sample begins four bytes behind the packet number.
  CAPSTAN_CHECK(EVP_EncryptInit_ex(protect.get(), EVP_aes_128_ecb(), nullptr, kHeaderKey.data(),
                                   nullptr) == 1 &&
                EVP_EncryptUpdate(protect.get(), mask.data(), &out, body + 3, 16) == 1);
  packet[0] = static_cast<std::uint8_t>(packet[0] ^ (mask[0] & 15U));
  packet[head - 1] ^= mask[1];
  return packet;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace capstan::audit;
  constexpr std::size_t kMostFrames = 4096;  // the two-byte length holds 16383
  constexpr std::size_t kMostPackets = 8;
  BufferPool pool(256U << 10);
  SessionEnvironment environment{pool};
  Session session(Transport::kUdp, {4000, 443}, true);
  std::span<const std::uint8_t> left(data, size);
  std::uint64_t offset = 0;
  for (std::uint8_t number = 0; number < kMostPackets && !left.empty(); ++number) {
    const auto mark = std::find(left.begin(), left.end(), 0xff);
    const bool last = number + 1U == kMostPackets || mark == left.end();
    const auto here = last ? left.size() : static_cast<std::size_t>(mark - left.begin());
    const std::vector<std::uint8_t> packet =
        initial_packet(left.first(std::min(here, kMostFrames)), number);
    session.on_datagram(Side::kClient, packet, offset, 1, environment);
    offset += packet.size();
    left = left.subspan(last ? here : here + 1);
  }
  session.on_end(1, environment);
  CAPSTAN_CHECK(session.facts().credentials.empty() && session.facts().secrets.empty());
  session.release(environment);
  CAPSTAN_CHECK(pool.used_bytes() == 0, pool.used_bytes());
  return 0;
}
