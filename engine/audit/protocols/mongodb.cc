// MongoDB: the wire protocol (mongodb.com/docs/manual/reference/mongodb-wire-protocol: OP_MSG,
// OP_QUERY, OP_COMMAND) as far as commands carry logins (specifications/auth: saslStart,
// saslContinue, authenticate, speculativeAuthenticate). Documents are BSON (bsonspec.org 1.1).
#include <array>

#include "engine/audit/protocols/body_decoder.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/sasl.h"
#include "engine/audit/protocols/signatures.h"
#include "engine/audit/protocols/unit_recogniser.h"
#include "engine/audit/secret_buffer.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

constexpr std::size_t kMongodbHeaderBytes = 16;
constexpr std::uint32_t kOpQuery = 2004;
constexpr std::uint32_t kOpCommand = 2010;
constexpr std::uint32_t kOpCommandReply = 2011;
constexpr std::uint32_t kOpCompressed = 2012;
constexpr std::uint32_t kOpMsg = 2013;
constexpr std::uint32_t kMaxMessage = 48'000'000;

bool is_operation(std::uint32_t operation) noexcept {
  return operation == 1 || (operation >= 2001 && operation <= 2007) ||
         (operation >= kOpCommand && operation <= kOpMsg);
}

struct Element {
  std::uint8_t type = 0;
  std::string_view name;
  Bytes value;  // of strings without their length and NUL, of binaries without length and subtype
};

// Walks the elements of one document; stops at what it does not know or cannot see.
class Document {
 public:
  explicit Document(Bytes bytes) noexcept {
    if (bytes.size() < 5) return;
    const std::size_t size = load_le32(bytes.data());
    rest_ = bytes.subspan(
        4, std::min(size, bytes.size()) > 4 ? std::min(size, bytes.size()) - 4 : std::size_t{0});
  }

  bool next(Element& element) noexcept {
    if (rest_.size() < 2 || rest_[0] == 0) return false;
    element.type = rest_[0];
    const std::string_view text = as_text(rest_.subspan(1));
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos) return false;
    element.name = text.substr(0, end);
    rest_ = rest_.subspan(1 + end + 1);
    std::size_t before = 0;  // bytes in front of the value
    std::size_t after = 0;
    std::size_t size = 0;
    if (!measure(element.type, before, size, after)) return false;
    if (rest_.size() < before) return false;
    const std::size_t here = std::min(size, rest_.size() - before);
    element.value = rest_.subspan(before, here);
    rest_ = rest_.subspan(std::min(before + size + after, rest_.size()));
    return true;
  }

 private:
  bool measure(std::uint8_t type, std::size_t& before, std::size_t& size,
               std::size_t& after) const noexcept {
    const std::size_t length = rest_.size() >= 4 ? load_le32(rest_.data()) : 0;
    switch (type) {
      case 0x01:  // double, date, time stamp, 64-bit integer
      case 0x09:
      case 0x11:
      case 0x12:
        size = 8;
        return true;
      case 0x02:  // string, code, symbol: the length counts the NUL
      case 0x0d:
      case 0x0e:
        before = 4;
        if (length == 0) return false;
        size = length - 1;
        after = 1;
        return true;
      case 0x03:  // document, array: the length counts itself
      case 0x04:
        size = length;
        return length >= 5;
      case 0x05:
        before = 5;
        size = length;
        return true;
      case 0x07:
        size = 12;
        return true;
      case 0x08:
        size = 1;
        return true;
      case 0x06:
      case 0x0a:
      case 0x7f:
      case 0xff:
        return true;
      case 0x10:
        size = 4;
        return true;
      case 0x13:
        size = 16;
        return true;
      default:
        return false;
    }
  }

  Bytes rest_;
};

class Mongodb final : public UnitRecogniser {
 private:
  std::uint64_t unit_size(Side, Bytes bytes, const Context&) const override {
    if (bytes.size() < kMongodbHeaderBytes) return kMore;
    const std::uint32_t size = load_le32(bytes.data());
    if (size < kMongodbHeaderBytes || size > kMaxMessage ||
        !is_operation(load_le32(bytes.data() + 12))) {
      return kLost;
    }
    return size;
  }
  bool logins_come_late() const override { return true; }

  void on_unit(Side side, Bytes unit, Context& context) override {
    if (side != Side::kClient || unit.size() < kMongodbHeaderBytes) return;
    operation(load_le32(unit.data() + 12), unit.subspan(kMongodbHeaderBytes), context);
  }

  void operation(std::uint32_t operation, Bytes rest, Context& context) {
    if (operation == kOpCompressed) {
      compressed(rest, context);
    } else if (operation == kOpMsg) {
      if (rest.size() < 5) return;
      rest = rest.subspan(4);
      if (rest[0] == 0) command(Document(rest.subspan(1)), context);  // the body section
    } else if (operation == kOpQuery) {
      if (rest.size() < 4) return;
      rest = rest.subspan(4);
      skip_string(rest);
      if (rest.size() > 8) command(Document(rest.subspan(8)), context);
    } else if (operation == kOpCommand) {
      skip_string(rest);
      skip_string(rest);
      // The arguments stand behind the metadata; old shells sent them the other way round.
      command(Document(rest), context);
    }
  }

  // The operation within, bytes of it, the compressor: none, snappy, zlib, zstd. Logins are not to
  // be compressed (specifications/compression, "Messages not allowed to be compressed"), yet what
  // cannot be read is not called harmless.
  void compressed(Bytes rest, Context& context) {
    constexpr std::size_t kHead = 9;
    if (rest.size() < kHead) return;
    const std::uint32_t inner = load_le32(rest.data());
    const std::uint8_t compressor = rest[kHead - 1];
    rest = rest.subspan(kHead);
    if (inner == kOpCompressed) return;
    if (compressor == 0) {
      operation(inner, rest, context);
      return;
    }
    constexpr std::uint8_t kZlib = 2;
    BodyDecoder decoder(compressor == kZlib ? ContentCoding::kDeflated
                                            : ContentCoding::kUnreadable);
    SecretBuffer<8192> plain;
    const auto take = [&plain](Bytes piece) {
      for (const std::uint8_t byte : piece) {
        if (!plain.push(byte)) return false;
      }
      return true;
    };
    if (!decoder.push(rest, take)) context.facts.undecidable = true;
    operation(inner, plain.bytes(), context);
  }

  static void skip_string(Bytes& bytes) noexcept {
    const std::size_t end = as_text(bytes).find('\0');
    bytes = end == std::string_view::npos ? Bytes{} : bytes.subspan(end + 1);
  }

  void command(Document document, Context& context, bool within = false) {
    std::string_view verb;
    std::string_view mechanism;
    std::string_view user;
    Bytes payload;
    Bytes key;
    Element element;
    while (document.next(element)) {
      if (verb.empty()) verb = element.name;
      if (element.name == "mechanism") mechanism = as_text(element.value);
      if (element.name == "user") user = as_text(element.value);
      if (element.name == "payload") payload = element.value;
      if (element.name == "key" || element.name == "nonce") context.mark_secret(element.value);
      if (element.name == "key" && element.type == 0x02) key = element.value;
      if (element.name == "pwd" && element.type == 0x02) {
        new_password(verb, element.value, context);
      }
      if (element.name == "speculativeAuthenticate" && element.type == 0x03 && !within) {
        command(Document(element.value), context, true);
      }
    }
    if (verb == "saslStart") {
      sasl_.begin(mechanism, context);
      context.facts.undecidable = true;  // until the exchange shows what it is
      sasl_.client_message(payload, payload, context);
    } else if (verb == "saslContinue") {
      sasl_.client_message(payload, payload, context);
    } else if (verb == "authenticate") {
      if (!key.empty()) {  // MONGODB-CR: MD5 over nonce, name and the digest of the password
        context.add_credential(user, "MONGODB-CR", SecretKind::kHash, key, key);
      } else if (equals_nocase(mechanism, "MONGODB-X509")) {
        context.facts.login_without_secret = true;
      }
    }
  }

  // createUser and updateUser send the new password as it is.
  static void new_password(std::string_view verb, Bytes password, Context& context) {
    if (verb != "createUser" && verb != "updateUser") {
      context.mark_secret(password);
      return;
    }
    context.add_credential(context.facts.user,
                           verb == "createUser" ? Mechanism("createUser") : Mechanism("updateUser"),
                           SecretKind::kPlain, password, password);
  }

  SaslExchange sasl_;
};

}  // namespace

Match mongodb_client(Bytes bytes) noexcept {
  if (bytes.size() < 4) return Match::kNo;
  const std::uint32_t size = load_le32(bytes.data());
  if (size < kMongodbHeaderBytes + 5 || size > kMaxMessage) return Match::kNo;
  if (bytes.size() < kMongodbHeaderBytes)
    return bytes.size() >= 8 && size < 65536 ? Match::kMaybe : Match::kNo;
  const std::uint32_t operation = load_le32(bytes.data() + 12);
  if (operation != kOpQuery && operation != kOpMsg && operation != kOpCommand &&
      operation != kOpCompressed && operation != kOpCommandReply) {
    return Match::kNo;
  }
  return Match::kYes;
}

std::unique_ptr<Recogniser> make_mongodb() { return std::make_unique<Mongodb>(); }

}  // namespace capstan::audit
