// Sun RPC over UDP (RFC 5531), recognised by port and message type.
#include "tools/text/protocols.h"

namespace capstan::text {

bool print_udp_rpc(Printer& p, Input in) {
  static_cast<void>(p);
  static_cast<void>(in);
  return false;
}

}  // namespace capstan::text
