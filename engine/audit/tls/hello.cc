#include "engine/audit/tls/hello.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>

#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::uint16_t kServerName = 0;
constexpr std::uint16_t kSupportedGroups = 10;
constexpr std::uint16_t kPointFormats = 11;
constexpr std::uint16_t kSignatureAlgorithms = 13;
constexpr std::uint16_t kAlpn = 16;
constexpr std::uint16_t kSupportedVersions = 43;

// RFC 8701: values a client makes up to keep servers tolerant.
constexpr bool is_grease(std::uint16_t value) noexcept {
  return (value & 0x0f0f) == 0x0a0a && (value >> 8) == (value & 0xff);
}

// Walks fixed and length-prefixed fields; anything past the end is empty.
class Fields {
 public:
  explicit Fields(Bytes bytes) noexcept : bytes_(bytes) {}
  std::size_t left() const noexcept { return bytes_.size(); }
  std::uint8_t u8() noexcept {
    if (bytes_.empty()) return 0;
    const std::uint8_t value = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return value;
  }
  std::uint16_t u16() noexcept {
    if (bytes_.size() < 2) {
      bytes_ = {};
      return 0;
    }
    const std::uint16_t value = load_be16(bytes_.data());
    bytes_ = bytes_.subspan(2);
    return value;
  }
  std::uint32_t u24() noexcept {
    const std::uint32_t high = u8();
    return high << 16 | u16();
  }
  Bytes take(std::size_t count) noexcept {
    const Bytes taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes bytes_;
};

std::string hex_digest(const EVP_MD* algorithm, std::string_view text, char separator = 0) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, algorithm, nullptr) != 1)
    return {};
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    if (separator != 0 && i != 0) out.push_back(separator);
    out.push_back(kHex[digest[i] >> 4]);
    out.push_back(kHex[digest[i] & 15]);
  }
  return out;
}

std::string printable(Bytes bytes, std::size_t limit) {
  std::string text;
  for (const std::uint8_t byte : bytes.first(std::min(bytes.size(), limit))) {
    text.push_back(byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?');
  }
  return text;
}

struct ClientHello {
  std::uint16_t legacy_version = 0;
  std::uint16_t best_version = 0;
  std::vector<std::uint16_t> ciphers;
  std::vector<std::uint16_t> extensions;
  std::vector<std::uint16_t> groups;
  std::vector<std::uint16_t> signatures;
  std::vector<std::uint8_t> formats;
  std::string alpn;
  bool has_sni = false;
};

std::vector<std::uint16_t> list16(Bytes bytes) {
  std::vector<std::uint16_t> values;
  for (std::size_t i = 0; i + 2 <= bytes.size(); i += 2)
    values.push_back(load_be16(bytes.data() + i));
  return values;
}

std::string first_alpn(Bytes value) {
  Fields fields(value);
  fields.u16();
  return printable(fields.take(fields.u8()), 64);
}

// DTLS counts downwards (RFC 9147 section 5.3): a smaller number is a newer version.
constexpr bool is_dtls(std::uint16_t version) noexcept { return (version >> 8) == 0xfe; }
constexpr bool newer(std::uint16_t a, std::uint16_t b) noexcept {
  if (b == 0) return true;
  if (is_dtls(a) && is_dtls(b)) return a < b;
  return a > b;
}

void extension(std::uint16_t type, Bytes value, ClientHello& hello, TlsFacts& tls) {
  switch (type) {
    case kServerName: {  // RFC 6066 section 3
      Fields fields(value);
      hello.has_sni = true;
      fields.u16();
      if (fields.u8() == 0) tls.sni = printable(fields.take(fields.u16()), 255);
      break;
    }
    case kSupportedGroups:
      if (value.size() > 2) hello.groups = list16(value.subspan(2));
      break;
    case kPointFormats:
      if (value.size() > 1) hello.formats.assign(value.begin() + 1, value.end());
      break;
    case kSignatureAlgorithms:
      if (value.size() > 2) hello.signatures = list16(value.subspan(2));
      break;
    case kAlpn:
      hello.alpn = first_alpn(value);
      break;
    case kSupportedVersions:
      if (value.size() <= 1) break;
      for (const std::uint16_t version : list16(value.subspan(1))) {
        if (!is_grease(version) && (version >> 8) != 0x7f && newer(version, hello.best_version)) {
          hello.best_version = version;
        }
      }
      break;
    default:
      break;
  }
}

template <typename Value>
std::string joined(const std::vector<Value>& values) {
  std::string text;
  for (const Value value : values) {
    if constexpr (sizeof(Value) == 2) {
      if (is_grease(value)) continue;
    }
    if (!text.empty()) text.push_back('-');
    text += std::to_string(value);
  }
  return text;
}

// github.com/salesforce/ja3: version,ciphers,extensions,groups,formats in decimal, MD5 of it.
std::string ja3_of(const ClientHello& hello) {
  return hex_digest(EVP_md5(), std::to_string(hello.legacy_version) + "," + joined(hello.ciphers) +
                                   "," + joined(hello.extensions) + "," + joined(hello.groups) +
                                   "," + joined(hello.formats));
}

std::string hex4(std::uint16_t value) {
  std::array<char, 5> text{};
  std::snprintf(text.data(), text.size(), "%04x", value);
  return text.data();
}

std::string hex_list(const std::vector<std::uint16_t>& values) {
  std::string text;
  for (const std::uint16_t value : values) {
    if (is_grease(value)) continue;
    if (!text.empty()) text.push_back(',');
    text += hex4(value);
  }
  return text;
}

const char* ja4_version(std::uint16_t version) noexcept {
  switch (version) {
    case 0x0304:
      return "13";
    case 0x0303:
      return "12";
    case 0x0302:
      return "11";
    case 0x0301:
      return "10";
    case 0x0300:
      return "s3";
    case 0x0002:
      return "s2";
    case 0xfeff:
      return "d1";
    case 0xfefd:
      return "d2";
    case 0xfefc:
      return "d3";
    default:
      return "00";
  }
}

// github.com/FoxIO-LLC/ja4, technical_details/JA4.md.
std::string ja4_of(const ClientHello& hello, HelloTransport transport) {
  const auto real = [](const std::vector<std::uint16_t>& values) {
    std::vector<std::uint16_t> out;
    for (const std::uint16_t value : values) {
      if (!is_grease(value)) out.push_back(value);
    }
    return out;
  };
  std::vector<std::uint16_t> ciphers = real(hello.ciphers);
  std::vector<std::uint16_t> extensions = real(hello.extensions);
  std::string text(1, transport == HelloTransport::kQuic       ? 'q'
                      : transport == HelloTransport::kDatagram ? 'd'
                                                               : 't');
  text += ja4_version(hello.best_version != 0 ? hello.best_version : hello.legacy_version);
  text += hello.has_sni ? 'd' : 'i';
  std::array<char, 8> counts{};
  std::snprintf(counts.data(), counts.size(), "%02zu%02zu",
                std::min<std::size_t>(ciphers.size(), 99),
                std::min<std::size_t>(extensions.size(), 99));
  text += counts.data();
  if (hello.alpn.empty()) {
    text += "00";
  } else {
    const auto alnum = [](char c) { return is_digit(c) || is_alpha(c); };
    const char first = hello.alpn.front();
    const char last = hello.alpn.back();
    if (alnum(first) && alnum(last)) {
      text += {first, last};
    } else {
      static constexpr char kHex[] = "0123456789abcdef";
      text += {kHex[static_cast<unsigned char>(first) >> 4],
               kHex[static_cast<unsigned char>(last) & 15]};
    }
  }
  std::sort(ciphers.begin(), ciphers.end());
  std::erase_if(extensions,
                [](std::uint16_t type) { return type == kServerName || type == kAlpn; });
  std::sort(extensions.begin(), extensions.end());
  const auto part = [](const std::string& list) {
    return list.empty() ? std::string("000000000000")
                        : hex_digest(EVP_sha256(), list).substr(0, 12);
  };
  std::string tail = hex_list(extensions);
  if (!tail.empty() && !hello.signatures.empty()) tail += "_" + hex_list(hello.signatures);
  return text + "_" + part(hex_list(ciphers)) + "_" + part(tail);
}

}  // namespace

void read_client_hello(Bytes body, HelloTransport transport, TlsFacts& tls) {
  Fields fields(body);
  ClientHello hello;
  hello.legacy_version = fields.u16();
  fields.take(32);
  fields.take(fields.u8());                                              // session id
  if (transport == HelloTransport::kDatagram) fields.take(fields.u8());  // RFC 6347: cookie
  hello.ciphers = list16(fields.take(fields.u16()));
  fields.take(fields.u8());  // compression
  Fields extensions(fields.take(fields.u16()));
  while (extensions.left() >= 4) {
    const std::uint16_t type = extensions.u16();
    const Bytes value = extensions.take(extensions.u16());
    hello.extensions.push_back(type);
    extension(type, value, hello, tls);
  }
  tls.client_hello = true;
  tls.offered_version = hello.best_version != 0 ? hello.best_version : hello.legacy_version;
  if (tls.alpn.empty()) tls.alpn = hello.alpn;
  if (tls.ja3.empty()) {
    tls.ja3 = ja3_of(hello);
    tls.ja4 = ja4_of(hello, transport);
  }
}

void read_server_hello(Bytes body, TlsFacts& tls) {
  // RFC 8446 section 4.1.3: a HelloRetryRequest is a ServerHello with this random; the real one
  // follows and says the same version.
  Fields fields(body);
  const std::uint16_t legacy = fields.u16();
  fields.take(32);
  std::uint16_t version = legacy;
  // Drafts of TLS 1.3 up to 21 have the draft's number here and no session id.
  if ((legacy >> 8) != 0x7f) fields.take(fields.u8());
  tls.cipher = fields.u16();
  if ((legacy >> 8) != 0x7f) fields.u8();
  Fields extensions(fields.take(fields.u16()));
  std::vector<std::uint16_t> types;
  while (extensions.left() >= 4) {
    const std::uint16_t type = extensions.u16();
    const Bytes value = extensions.take(extensions.u16());
    types.push_back(type);
    if (type == kSupportedVersions && value.size() >= 2) version = load_be16(value.data());
    if (type == kAlpn) tls.alpn = first_alpn(value);
  }
  tls.server_hello = true;
  tls.chosen_version = version;
  tls.ja3s = hex_digest(
      EVP_md5(), std::to_string(legacy) + "," + std::to_string(tls.cipher) + "," + joined(types));
}

void read_sslv2_hello(Bytes record, TlsFacts& tls) {
  if (record.size() < 5) return;
  tls.client_hello = true;
  tls.sslv2_hello = true;
  tls.offered_version = load_be16(record.data() + 3);
}

std::string tls_version_name(std::uint16_t version) {
  switch (version) {
    case 0:
      return {};
    case 0x0002:
      return "SSL2.0";
    case 0x0300:
      return "SSL3.0";
    case 0x0301:
      return "TLS1.0";
    case 0x0302:
      return "TLS1.1";
    case 0x0303:
      return "TLS1.2";
    case 0x0304:
      return "TLS1.3";
    case 0xfeff:
      return "DTLS1.0";
    case 0xfefd:
      return "DTLS1.2";
    case 0xfefc:
      return "DTLS1.3";
    default:
      break;
  }
  if ((version >> 8) == 0x7f) return "TLS1.3-draft" + std::to_string(version & 0xff);
  return "0x" + hex4(version);
}

bool is_old_version(std::uint16_t version) noexcept {
  return (version > 0 && version < 0x0303) || version == 0xfeff || version == 0x0100;
}

}  // namespace capstan::audit
