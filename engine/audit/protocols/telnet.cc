// Telnet: RFC 854, RFC 855 (options). A login is what is typed at its prompts.
#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/terminal.h"

namespace capstan::audit {

namespace {

constexpr std::uint8_t kIac = 255;
constexpr std::uint8_t kSb = 250;
constexpr std::uint8_t kSe = 240;
constexpr std::uint8_t kWill = 251;
constexpr std::uint8_t kDont = 254;
constexpr std::uint8_t kDo = 253;
constexpr std::uint8_t kWont = 252;
constexpr std::uint8_t kStartTls = 46;  // draft-altman-telnet-starttls
constexpr std::uint8_t kEncrypt = 38;   // RFC 2946

class Telnet final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool full, Context& context) override {
    static_cast<void>(full);
    context.facts.clear_bytes[index_of(side)] = true;
    std::size_t used = 0;
    while (used < bytes.size() && !context.leaving()) {
      const Bytes rest = bytes.subspan(used);
      if (context.upgrade_pending() && starts_tls(rest)) {
        context.become_tls();
        return used;
      }
      if (rest[0] != kIac || in_subnegotiation_[index_of(side)]) {
        data(side, rest.first(1), context);
        ++used;
        continue;
      }
      const std::size_t length = command(side, rest, context);
      if (length == 0) return used;
      used += length;
    }
    return used;
  }

  void on_end(Side side, Bytes, Context& context) override {
    if (side == Side::kClient) login_.finish(context);
  }

 private:
  // The length of the command at the front; 0 when it is not all there.
  std::size_t command(Side side, Bytes bytes, Context& context) {
    if (bytes.size() < 2) return 0;
    const std::uint8_t verb = bytes[1];
    if (verb == kIac) {  // a data byte of 255
      data(side, bytes.subspan(1, 1), context);
      return 2;
    }
    if (verb == kSb) {
      in_subnegotiation_[index_of(side)] = true;
      return 2;
    }
    if (verb < kWill) return 2;
    if (bytes.size() < 3) return 0;
    const std::uint8_t option = bytes[2];
    if (option == kStartTls) {
      if (verb == kWill && side == Side::kClient) context.upgrade_requested();
      if (verb == kDo && side == Side::kServer) context.upgrade_offered();
      if ((verb == kDont || verb == kWont) && context.upgrade_pending()) context.upgrade_refused();
    }
    if (option == kEncrypt && verb == kWill) context.facts.opaque_login = true;
    return 3;
  }

  void data(Side side, Bytes byte, Context& context) {
    bool& inside = in_subnegotiation_[index_of(side)];
    bool& iac = iac_inside_[index_of(side)];
    if (inside) {
      if (iac && byte[0] == kSe) inside = false;
      iac = !iac && byte[0] == kIac;
      return;
    }
    if (side == Side::kServer) {
      login_.server_text(byte[0]);
    } else {
      login_.client_text(byte[0], byte, context);
    }
  }

  TerminalLogin login_;
  std::array<bool, 2> in_subnegotiation_{};
  std::array<bool, 2> iac_inside_{};
};

}  // namespace

std::unique_ptr<Recogniser> make_telnet() { return std::make_unique<Telnet>(); }

}  // namespace capstan::audit
