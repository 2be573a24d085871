#include "tools/common/print_interfaces.h"

#include <fmt/format.h>

#include "engine/capture/interfaces.h"

namespace capstan::tools {

void print_interfaces() {
  int place = 0;
  for (const NetworkInterface& info : list_interfaces()) {
    fmt::print("{}.{} [{}{}{}]{}{}\n", ++place, info.name, info.up ? "Up" : "Down",
               info.running ? ", Running" : "", info.loopback ? ", Loopback" : "",
               info.addresses.empty() ? "" : " ", info.addresses);
  }
}

}  // namespace capstan::tools
