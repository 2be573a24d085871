// UnitRecogniser: the reading of messages that say themselves how long they are. The one shape of
// binary protocols, as LineRecogniser is that of dialogues in lines.
//
// A protocol says how long the unit at the front is (unit_size) and reads it (on_unit); waiting for
// the rest, passing over what cannot be held, the way into TLS, the end of the capture and what is
// said about bytes in the clear are here, once.
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
  // Bytes of the whole unit at the front of `bytes`, which are never none. kMore: more are needed
  // to tell. kLost: no unit begins here.
  static constexpr std::uint64_t kMore = 0;
  static constexpr std::uint64_t kLost = ~std::uint64_t{0};
  virtual std::uint64_t unit_size(Side side, Bytes bytes, const Context& context) const = 0;

  // One unit: whole, or its front where it is longer than `wanted_bytes` or than can be held; what
  // is missing of it is passed over.
  virtual void on_unit(Side side, Bytes unit, Context& context) = 0;

  // How much of a unit is worth waiting for.
  virtual std::size_t wanted_bytes() const { return 8192; }
  // True when TLS may begin at this place: by default once the client has asked.
  virtual bool tls_may_begin(Side side, const Context& context) const {
    static_cast<void>(side);
    return context.facts.upgrade >= Upgrade::kRequested;
  }
  // True when each unit is a message of its own, so that a login may come however late.
  virtual bool logins_come_late() const { return false; }
  // What lies here is not of this protocol (any more), or cannot be waited for: by default this
  // side is left alone. The bytes are passed over, unless the context is told what follows (a
  // tunnel): then they are its first.
  virtual void on_lost(Side side, Context& context) { context.finish_side(side); }
};

// Once from side to side: the protocols whose server's bytes tell nothing.
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
