// rlogin (RFC 1282) and rsh (the BSD shell protocol, rshd(8)): names in the clear, trust by host.
#include "engine/audit/protocols/recognisers.h"
#include "engine/audit/protocols/terminal.h"
#include "engine/audit/text.h"

namespace capstan::audit {

namespace {

// RFC 1282: the client sends NUL, its user, NUL, the server's user, NUL, terminal/speed, NUL; from
// then on both sides are a terminal.
class Rlogin final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    std::size_t used = 0;
    while (used < bytes.size()) {
      if (side == Side::kServer) {
        login_.server_text(bytes[used++]);
        continue;
      }
      if (strings_ == 4) {
        login_.client_text(bytes[used], bytes.subspan(used, 1), context);
        ++used;
        continue;
      }
      const std::size_t end = as_text(bytes.subspan(used)).find('\0');
      if (end == std::string_view::npos) return used;
      if (strings_ == 2) context.set_user(as_text(bytes.subspan(used, end)));
      ++strings_;
      used += end + 1;
      context.set_mechanism("rlogin-trust");
    }
    return used;
  }
  void on_end(Side side, Bytes, Context& context) override {
    if (side == Side::kClient) login_.finish(context);
  }

 private:
  TerminalLogin login_;
  int strings_ = 0;
};

// The client sends the port for standard error in digits, NUL, its user, NUL, the server's user,
// NUL, the command, NUL. No password is asked for.
class Rsh final : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool, Context& context) override {
    context.facts.clear_bytes[index_of(side)] = true;
    if (side == Side::kServer) return bytes.size();
    std::size_t used = 0;
    while (used < bytes.size()) {
      const std::size_t end = as_text(bytes.subspan(used)).find('\0');
      if (end == std::string_view::npos) return used;
      // The user here. The string behind it is the user there, or, to rexecd, the password: the two
      // protocols look alike.
      if (strings_ == 1) context.set_user(as_text(bytes.subspan(used, end)));
      used += end + 1;
      if (++strings_ == 4) {
        context.set_mechanism("rsh-trust");
        context.finish();
        return used;
      }
    }
    return used;
  }

 private:
  int strings_ = 0;
};

}  // namespace

std::unique_ptr<Recogniser> make_rlogin() { return std::make_unique<Rlogin>(); }
std::unique_ptr<Recogniser> make_rsh() { return std::make_unique<Rsh>(); }

}  // namespace capstan::audit
