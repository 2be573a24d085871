// EapExchange: EAP (RFC 3748) wherever it is carried: PPP, 802.1X, Diameter.
#pragma once

#include "engine/audit/recogniser.h"

namespace capstan::audit {

class EapExchange {
 public:
  // One EAP packet, whole or cut.
  void message(Bytes packet, Context& context);
};

}  // namespace capstan::audit
