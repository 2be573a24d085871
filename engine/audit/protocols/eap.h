// EapExchange: reads EAP (RFC 3748) in any protocol that carries it: PPP, 802.1X, Diameter.
#pragma once

#include "engine/audit/recogniser.h"

namespace capstan::audit {

class EapExchange {
 public:
  // One EAP packet, complete or cut.
  void message(Bytes packet, Context& context);
};

}  // namespace capstan::audit
