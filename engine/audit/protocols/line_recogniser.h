// LineRecogniser: the line reading that POP3, IMAP, SMTP, FTP, NNTP and IRC have in common.
#pragma once

#include "engine/audit/recogniser.h"

namespace capstan::audit {

// True when `bytes` start with a TLS record that can begin a session (a handshake or alert record
// of SSL 3.0 to TLS 1.3, RFC 8446 section 5.1) or with an SSL 2.0 ClientHello (RFC 5246 appendix
// E.2).
bool starts_tls(Bytes bytes) noexcept;
// True when starts_tls() could still become true with more bytes.
bool may_start_tls(Bytes bytes) noexcept;

// Splits each direction into lines (CRLF or LF) and passes them to on_line() without the line end.
// Follows the session into TLS when the client has asked for it. Of a line longer than kMaxLine
// only the beginning is passed on, once; the rest is dropped.
class LineRecogniser : public Recogniser {
 public:
  static constexpr std::size_t kMaxLine = 12288;  // RFC 4954 section 4: the longest line of SASL

  std::size_t consume(Side side, Bytes bytes, bool full, Context& context) override;
  void on_gap(Side side, Context& context) override;
  void on_end(Side side, Bytes rest, Context& context) override;

 protected:
  virtual void on_line(Side side, Bytes line, Context& context) = 0;
  // Number of bytes from here on that are not lines (a literal, a body). 0: none.
  virtual std::uint64_t raw_pending(Side side) const {
    static_cast<void>(side);
    return 0;
  }
  // Receives some of these bytes. Returns how many were consumed; 0 asks for more bytes, which come
  // if there is room.
  virtual std::size_t on_raw(Side side, Bytes bytes, bool full, Context& context) {
    static_cast<void>(side);
    static_cast<void>(full);
    static_cast<void>(context);
    return bytes.size();
  }
  // True when lines no longer follow: the remaining bytes are not consumed.
  virtual bool stopped() const { return false; }
  // True when TLS may begin here: by default after the client has asked for it.
  virtual bool tls_may_begin(const Context& context) const {
    return context.facts.upgrade >= Upgrade::kRequested;
  }

 private:
  std::array<bool, 2> dropping_{};  // skipping the rest of a line that is too long
};

}  // namespace capstan::audit
