// LineRecogniser: the reading of lines that POP3, IMAP, SMTP, FTP, NNTP and IRC have in common.
#pragma once

#include "engine/audit/recogniser.h"

namespace capstan::audit {

// True when `bytes` begin a TLS record that can begin a session (a handshake or alert record of
// SSL 3.0 to TLS 1.3, RFC 8446 section 5.1) or an SSL 2.0 ClientHello (RFC 5246 appendix E.2).
bool starts_tls(Bytes bytes) noexcept;
// True when more bytes could still make it so.
bool may_start_tls(Bytes bytes) noexcept;

// Splits each direction into lines (CRLF or LF) and gives them to on_line without their ending.
// Follows the session into TLS when the client has asked for it. A line longer than kMaxLine is
// given once, cut, and the rest of it is dropped.
class LineRecogniser : public Recogniser {
 public:
  static constexpr std::size_t kMaxLine = 12288;  // RFC 4954 section 4: SASL's longest

  std::size_t consume(Side side, Bytes bytes, bool full, Context& context) override;
  void on_gap(Side side, Context& context) override;
  void on_end(Side side, Bytes rest, Context& context) override;

 protected:
  virtual void on_line(Side side, Bytes line, Context& context) = 0;
  // How many bytes, from here on, are not lines (a literal, a body). 0: none.
  virtual std::uint64_t raw_pending(Side side) const {
    static_cast<void>(side);
    return 0;
  }
  // Some of them. Returns how many were taken: 0 asks for more, which comes when there is room.
  virtual std::size_t on_raw(Side side, Bytes bytes, bool full, Context& context) {
    static_cast<void>(side);
    static_cast<void>(full);
    static_cast<void>(context);
    return bytes.size();
  }
  // True when what follows is no longer lines: the rest is left where it lies.
  virtual bool stopped() const { return false; }
  // True when TLS may begin at this place: by default once the client has asked.
  virtual bool tls_may_begin(const Context& context) const {
    return context.facts.upgrade >= Upgrade::kRequested;
  }

 private:
  std::array<bool, 2> dropping_{};  // the rest of an overlong line
};

}  // namespace capstan::audit
