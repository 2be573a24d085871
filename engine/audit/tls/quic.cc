// QUIC: RFC 8999 (invariants), RFC 9000, RFC 9001 section 5.2 (Initial secrets), RFC 9369 (version
// 2). The client's Initial packets are protected with keys anyone on the path can derive: its
// ClientHello names the server and what it offers.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"
#include "engine/audit/tls/hello.h"
#include "engine/audit/tls/quic_version.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kMaxHello = 8192;

using Key16 = std::array<std::uint8_t, 16>;

struct InitialKeys {
  Key16 key;
  std::array<std::uint8_t, 12> iv;
  Key16 header;
};

Bytes salt_of(std::uint32_t version) noexcept {
  static constexpr std::uint8_t kV1[] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
                                         0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
                                         0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
  static constexpr std::uint8_t kV2[] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
                                         0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
                                         0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
  static constexpr std::uint8_t kDraftOfV2[] = {0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47,
                                                0x18, 0x4a, 0x1d, 0x62, 0xca, 0x57, 0x04,
                                                0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3};
  static constexpr std::uint8_t kDraft29[] = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2,
                                              0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61,
                                              0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
  static constexpr std::uint8_t kDraft23[] = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb,
                                              0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4,
                                              0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};
  if (version == kQuicV2) return kV2;
  if (is_draft_of_quic_v2(version)) return kDraftOfV2;
  if (version >= 0xff00001d && version <= 0xff000020) return kDraft29;
  if (version >= 0xff000017 && version <= 0xff00001c) return kDraft23;
  return kV1;
}

// HKDF-Expand-Label (RFC 8446 section 7.1) for one block of SHA-256 at most.
void expand_label(Bytes secret, std::string_view label, std::span<std::uint8_t> out) {
  std::array<std::uint8_t, 64> info{};
  std::size_t size = 0;
  info[size++] = static_cast<std::uint8_t>(out.size() >> 8);
  info[size++] = static_cast<std::uint8_t>(out.size());
  info[size++] = static_cast<std::uint8_t>(6 + label.size());
  for (const char c : std::string_view("tls13 ")) info[size++] = static_cast<std::uint8_t>(c);
  for (const char c : label) info[size++] = static_cast<std::uint8_t>(c);
  info[size++] = 0;
  info[size++] = 1;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> block{};
  unsigned int block_size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), info.data(), size,
       block.data(), &block_size);
  std::copy_n(block.begin(), out.size(), out.begin());
}

InitialKeys client_keys(std::uint32_t version, Bytes connection_id) {
  const Bytes salt = salt_of(version);
  std::array<std::uint8_t, 32> initial{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), salt.data(), static_cast<int>(salt.size()), connection_id.data(),
       connection_id.size(), initial.data(), &size);
  std::array<std::uint8_t, 32> client{};
  expand_label(initial, "client in", client);
  const bool v2 = is_quic_v2(version);
  InitialKeys keys{};
  expand_label(client, v2 ? "quicv2 key" : "quic key", keys.key);
  expand_label(client, v2 ? "quicv2 iv" : "quic iv", keys.iv);
  expand_label(client, v2 ? "quicv2 hp" : "quic hp", keys.header);
  return keys;
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* cipher) const noexcept { EVP_CIPHER_CTX_free(cipher); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

bool header_mask(const Key16& key, const std::uint8_t* sample, Key16& mask) {
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  return cipher &&
         EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) &&
         EVP_CIPHER_CTX_set_padding(cipher.get(), 0) &&
         EVP_EncryptUpdate(cipher.get(), mask.data(), &size, sample, 16) && size == 16;
}

// A variable-length integer (RFC 9000 section 16). False when it is not whole.
bool take_varint(Bytes& bytes, std::uint64_t& value) noexcept {
  if (bytes.empty()) return false;
  const std::size_t size = std::size_t{1} << (bytes[0] >> 6);
  if (bytes.size() < size) return false;
  value = bytes[0] & 0x3f;
  for (std::size_t i = 1; i < size; ++i) value = value << 8 | bytes[i];
  bytes = bytes.subspan(size);
  return true;
}

class Quic final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.tls_seen = true;
    TlsFacts& tls = context.facts.tls_facts();
    if (side == Side::kServer) {
      // RFC 9001 section 4.2: QUIC takes nothing below TLS 1.3.
      if (bytes.size() > 5 && (bytes[0] & 0x80) != 0 && load_be32(bytes.data() + 1) != 0 &&
          !is_google_quic(load_be32(bytes.data() + 1))) {
        tls.chosen_version = 0x0304;
      }
    } else if (!tls.client_hello && ++datagrams_ <= kMaxDatagrams) {
      datagram(bytes, tls);
    }
    if (tls.client_hello && tls.chosen_version != 0) context.finish();
    return bytes.size();
  }

 private:
  static constexpr std::uint32_t kMaxDatagrams = 16;

  // Every long-header packet coalesced in the datagram (RFC 9000 section 12.2).
  void datagram(Bytes bytes, TlsFacts& tls) {
    while (bytes.size() > 7 && (bytes[0] & 0x80) != 0) {
      const std::uint32_t version = load_be32(bytes.data() + 1);
      Bytes rest = bytes.subspan(5);
      const std::size_t dcid_bytes = rest[0];
      if (dcid_bytes > 20 || rest.size() < 2 + dcid_bytes) return;
      const Bytes dcid = rest.subspan(1, dcid_bytes);
      rest = rest.subspan(1 + dcid_bytes);
      const std::size_t scid_bytes = rest[0];
      if (scid_bytes > 20 || rest.size() < 1 + scid_bytes) return;
      rest = rest.subspan(1 + scid_bytes);
      const std::uint8_t type = (bytes[0] >> 4) & 3;
      const bool initial = type == (is_quic_v2(version) ? 1 : 0);
      std::uint64_t length = 0;
      if (initial) {
        std::uint64_t token = 0;
        if (!take_varint(rest, token) || token > rest.size()) return;
        rest = rest.subspan(static_cast<std::size_t>(token));
      }
      if (!take_varint(rest, length) || length > rest.size()) return;
      const auto head = static_cast<std::size_t>(rest.data() - bytes.data());
      const std::size_t size = head + static_cast<std::size_t>(length);
      if (initial) initial_packet(bytes.first(size), head, version, dcid, tls);
      bytes = bytes.subspan(size);
    }
  }

  void initial_packet(Bytes packet, std::size_t head, std::uint32_t version, Bytes dcid,
                      TlsFacts& tls) {
    if (!keys_made_) {
      keys_ = client_keys(version, dcid);
      keys_made_ = true;
    }
    constexpr std::size_t kTag = 16;
    if (packet.size() < head + 4 + 16 || packet.size() > 4096) return;
    Key16 mask{};
    if (!header_mask(keys_.header, packet.data() + head + 4, mask)) return;
    std::vector<std::uint8_t> copy(packet.begin(), packet.end());
    copy[0] = static_cast<std::uint8_t>(copy[0] ^ (mask[0] & 0x0f));
    const std::size_t number_bytes = (copy[0] & 3U) + 1;
    std::array<std::uint8_t, 12> nonce = keys_.iv;
    for (std::size_t i = 0; i < number_bytes; ++i) {
      copy[head + i] = static_cast<std::uint8_t>(copy[head + i] ^ mask[1 + i]);
      nonce[12 - number_bytes + i] =
          static_cast<std::uint8_t>(nonce[12 - number_bytes + i] ^ copy[head + i]);
    }
    const std::size_t aad = head + number_bytes;
    if (copy.size() < aad + kTag) return;
    const std::size_t size = copy.size() - aad - kTag;
    std::vector<std::uint8_t> plain(size);
    if (!open(copy, aad, size, nonce, plain)) return;
    frames(plain, tls);
  }

  bool open(std::vector<std::uint8_t>& packet, std::size_t aad, std::size_t size,
            const std::array<std::uint8_t, 12>& nonce, std::vector<std::uint8_t>& plain) const {
    const Cipher cipher(EVP_CIPHER_CTX_new());
    int out = 0;
    return cipher &&
           EVP_DecryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, keys_.key.data(),
                              nonce.data()) &&
           EVP_DecryptUpdate(cipher.get(), nullptr, &out, packet.data(), static_cast<int>(aad)) &&
           EVP_DecryptUpdate(cipher.get(), plain.data(), &out, packet.data() + aad,
                             static_cast<int>(size)) &&
           EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, 16,
                               packet.data() + aad + size) &&
           EVP_DecryptFinal_ex(cipher.get(), plain.data() + out, &out) > 0;
  }

  // RFC 9000 section 19: PADDING, PING, ACK and CRYPTO are what an Initial may hold.
  void frames(Bytes bytes, TlsFacts& tls) {
    while (!bytes.empty()) {
      const std::uint8_t type = bytes[0];
      bytes = bytes.subspan(1);
      if (type == 0 || type == 1) continue;
      if (type == 2 || type == 3) {
        if (!skip_ack(bytes, type == 3)) return;
        continue;
      }
      std::uint64_t offset = 0;
      std::uint64_t length = 0;
      if (type != 6 || !take_varint(bytes, offset) || !take_varint(bytes, length) ||
          length > bytes.size()) {
        return;
      }
      crypto(offset, bytes.first(static_cast<std::size_t>(length)));
      bytes = bytes.subspan(static_cast<std::size_t>(length));
    }
    hello(tls);
  }

  static bool skip_ack(Bytes& bytes, bool ecn) noexcept {
    std::uint64_t ranges = 0;
    std::uint64_t value = 0;
    if (!take_varint(bytes, value) || !take_varint(bytes, value) || !take_varint(bytes, ranges) ||
        !take_varint(bytes, value) || ranges > 256) {
      return false;
    }
    for (std::uint64_t i = 0; i < ranges * 2 + (ecn ? 3 : 0); ++i) {
      if (!take_varint(bytes, value)) return false;
    }
    return true;
  }

  void crypto(std::uint64_t offset, Bytes data) {
    if (offset + data.size() > kMaxHello) return;
    const auto at = static_cast<std::size_t>(offset);
    if (hello_.size() < at + data.size()) {
      hello_.resize(at + data.size());
      present_.resize(at + data.size());
    }
    std::copy(data.begin(), data.end(), hello_.begin() + static_cast<std::ptrdiff_t>(at));
    std::fill_n(present_.begin() + static_cast<std::ptrdiff_t>(at), data.size(), true);
  }

  void hello(TlsFacts& tls) {
    const auto gap = std::find(present_.begin(), present_.end(), false);
    const auto whole = static_cast<std::size_t>(gap - present_.begin());
    if (whole < 4 || hello_[0] != 1) return;
    const std::size_t length = load_be32(hello_.data()) & 0x00ffffff;
    if (whole < 4 + length) return;
    read_client_hello(Bytes(hello_).subspan(4, length), HelloTransport::kQuic, tls);
    hello_ = {};
    present_ = {};
  }

  InitialKeys keys_{};
  bool keys_made_ = false;
  std::uint32_t datagrams_ = 0;
  std::vector<std::uint8_t> hello_;
  std::vector<bool> present_;
};

}  // namespace

std::unique_ptr<Recogniser> make_quic() { return std::make_unique<Quic>(); }

}  // namespace capstan::audit
