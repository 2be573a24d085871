// UnitRecogniser: reads messages that state their own length. It is the base of binary protocols,
// as LineRecogniser is that of line-based ones.
//
// A protocol returns the length of the unit at the front (unit_size) and reads it (on_unit). This
// class does the rest for all of them: waiting for the rest of a unit, skipping what cannot be
// held, the change to TLS, the end of the capture, and noting bytes in clear text.
#pragma once

#include "engine/audit/protocols/line_recogniser.h"
#include "engine/audit/recogniser.h"

namespace capstan::audit {

class UnitRecogniser : public Recogniser {
 public:
  std::size_t consume(Side side, Bytes bytes, bool full, Context& context) final;
  void on_gap(Side side, Context& context) override;
  void on_end(Side side, Bytes rest, Context& context) override;

 protected:
  // Length in bytes of the complete unit at the front of `bytes`, which is never empty. kMore: more
  // bytes are needed to know it. kLost: no unit begins here.
  static constexpr std::uint64_t kMore = 0;
  static constexpr std::uint64_t kLost = ~std::uint64_t{0};
  virtual std::uint64_t unit_size(Side side, Bytes bytes, const Context& context) const = 0;

  // Reads one unit. It is complete, or only its beginning when it is longer than `wanted_bytes` or
  // than can be held; the missing part is skipped.
  virtual void on_unit(Side side, Bytes unit, Context& context) = 0;

  // How many bytes of a unit are worth waiting for.
  virtual std::size_t wanted_bytes() const { return 8192; }
  // True when TLS may begin here: by default after the client has asked for it.
  virtual bool tls_may_begin(Side side, const Context& context) const {
    static_cast<void>(side);
    return context.facts.upgrade >= Upgrade::kRequested;
  }
  // True when each unit is a separate message, so that a login may come at any time.
  virtual bool logins_come_late() const { return false; }
  // The bytes here are not (or no longer) of this protocol, or cannot be waited for. By default
  // this side is not read any more. The bytes are skipped, unless the context is told what follows
  // (a tunnel): then they are the first bytes of what follows.
  virtual void on_lost(Side side, Context& context) { context.finish_side(side); }
};

// For protocols in which the server's bytes tell nothing: reads only the client's units.
class ClientUnitRecogniser : public UnitRecogniser {
 protected:
  virtual std::uint64_t client_unit_size(Bytes bytes) const = 0;
  virtual void on_client_unit(Bytes unit, Context& context) = 0;

 private:
  std::uint64_t unit_size(Side side, Bytes bytes, const Context& context) const final {
    static_cast<void>(context);
    return side == Side::kClient ? client_unit_size(bytes) : bytes.size();
  }
  void on_unit(Side side, Bytes unit, Context& context) final {
    if (side == Side::kServer) {
      context.finish_side(side);
    } else {
      on_client_unit(unit, context);
    }
  }
};

}  // namespace capstan::audit
