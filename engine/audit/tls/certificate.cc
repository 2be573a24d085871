// The server's certificate, as far as TLS 1.2 and older show it. X.509 is OpenSSL's business.
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "engine/audit/text.h"
#include "engine/audit/tls/hello.h"

namespace capstan::audit {

namespace {

struct FreeX509 {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

std::string name_text(const X509_NAME* name) {
  BIO* memory = BIO_new(BIO_s_mem());
  if (memory == nullptr) return {};
  std::string text;
  // RFC 4514, with the first part first and everything outside of printable ASCII escaped.
  constexpr unsigned long kFlags = (XN_FLAG_ONELINE | ASN1_STRFLGS_ESC_MSB) & ~XN_FLAG_SPC_EQ;
  if (X509_NAME_print_ex(memory, name, 0, kFlags) >= 0) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    if (size > 0) text.assign(data, std::min<std::size_t>(static_cast<std::size_t>(size), 512));
  }
  BIO_free(memory);
  return text;
}

std::int64_t seconds_of(const ASN1_TIME* time) noexcept {
  struct tm parts = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return ::timegm(&parts);
}

std::string hex_with_colons(Bytes bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text.push_back(':');
    text.push_back(kHex[byte >> 4]);
    text.push_back(kHex[byte & 15]);
  }
  return text;
}

std::string serial_text(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  if (serial == nullptr || serial->length <= 0) return {};
  const auto size = std::min<std::size_t>(static_cast<std::size_t>(serial->length), 32);
  return hex_with_colons({serial->data, size});
}

}  // namespace

void read_certificate(Bytes body, std::uint64_t now_ns, TlsFacts& tls) {
  // certificate_list: a length of 3 bytes, then certificates, each behind such a length.
  if (tls.has_certificate || body.size() < 6) return;
  const std::size_t length = load_be32(body.data() + 2) & 0x00ffffff;
  if (length == 0 || length > body.size() - 6) return;
  const unsigned char* at = body.data() + 6;
  const std::unique_ptr<X509, FreeX509> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(length)));
  if (!certificate) return;
  tls.has_certificate = true;
  tls.certificate_seen_ns = now_ns;
  const X509_NAME* subject = X509_get_subject_name(certificate.get());
  const X509_NAME* issuer = X509_get_issuer_name(certificate.get());
  tls.subject = name_text(subject);
  tls.issuer = name_text(issuer);
  tls.self_signed = X509_NAME_cmp(subject, issuer) == 0;
  tls.serial = serial_text(certificate.get());
  tls.not_before = seconds_of(X509_get0_notBefore(certificate.get()));
  tls.not_after = seconds_of(X509_get0_notAfter(certificate.get()));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(body.data() + 6, length, digest.data(), &size, EVP_sha1(), nullptr) == 1) {
    tls.fingerprint = hex_with_colons({digest.data(), size});
  }
}

}  // namespace capstan::audit
