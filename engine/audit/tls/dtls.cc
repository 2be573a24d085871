// DTLS: RFC 6347 and RFC 9147. Hellos that fit one record are read; fragments are not put together.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/text.h"
#include "engine/audit/tls/hello.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kDtlsRecordHeadBytes = 13;
constexpr std::size_t kHandshakeHeadBytes = 12;

class Dtls final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    static_cast<void>(side);
    context.facts.tls_seen = true;
    TlsFacts& tls = context.facts.tls_facts();
    Bytes rest = bytes;
    while (rest.size() >= kDtlsRecordHeadBytes && rest[0] >= 20 && rest[0] <= 26) {
      const std::size_t length =
          std::min<std::size_t>(load_be16(rest.data() + 11), rest.size() - kDtlsRecordHeadBytes);
      const std::uint16_t epoch = load_be16(rest.data() + 3);
      if (tls.record_version == 0) tls.record_version = load_be16(rest.data() + 1);
      constexpr std::uint8_t kHandshake = 22;
      if (rest[0] == kHandshake && epoch == 0) {
        handshake(rest.subspan(kDtlsRecordHeadBytes, length), context);
      }
      rest = rest.subspan(kDtlsRecordHeadBytes + length);
    }
    if (tls.client_hello && tls.server_hello && tls.has_certificate) context.finish();
    return bytes.size();
  }

 private:
  static void handshake(Bytes bytes, Context& context) {
    TlsFacts& tls = context.facts.tls_facts();
    while (bytes.size() >= kHandshakeHeadBytes) {
      const std::size_t whole = load_be32(bytes.data()) & 0x00ffffff;
      const std::size_t offset = load_be32(bytes.data() + 5) & 0x00ffffff;
      const std::size_t length = load_be32(bytes.data() + 8) & 0x00ffffff;
      const Bytes body =
          bytes.subspan(kHandshakeHeadBytes, std::min(length, bytes.size() - kHandshakeHeadBytes));
      const std::uint8_t type = bytes[0];
      if (offset == 0 && body.size() >= 38) {
        if (type == 1) read_client_hello(body, HelloTransport::kDatagram, tls);
        if (type == 2) read_server_hello(body, tls);
        if (type == 11 && length == whole) read_certificate(body, context.now_ns(), tls);
      }
      bytes = bytes.subspan(kHandshakeHeadBytes + body.size());
    }
  }
};

}  // namespace

std::unique_ptr<Recogniser> make_dtls() { return std::make_unique<Dtls>(); }

}  // namespace capstan::audit
