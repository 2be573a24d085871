#include "tools/text/tcp_options.h"
namespace capstan::text {
bool print_mptcp(Printer& p, Input in, std::uint8_t flags) {
  static_cast<void>(in);
  static_cast<void>(flags);
  p.out.put("");
  return true;
}
}  // namespace capstan::text
