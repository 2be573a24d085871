// HostCache: one thread's own cache of the resolver's answers, so that a packet with known
// addresses takes no lock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "tools/show/host_resolver.h"
#include "tools/text/names.h"
#include "tools/text/print_options.h"

namespace capstan::show {

// One thread. The resolver is borrowed.
class HostCache final : public text::HostNames {
 public:
  // From the options: with -N only the host's own name is kept; with -f foreign hosts have no name.
  HostCache(HostResolver& resolver, const text::PrintOptions& options);

  bool find(const std::uint8_t* address, std::size_t size, std::string& name) override;

 private:
  static constexpr std::size_t kPlaces = 4096;  // a power of two
  struct Place {
    std::array<std::uint8_t, 16> address{};
    std::uint8_t size = 0;  // 0: free
    std::string name;       // empty: the address has no name
  };

  HostResolver& resolver_;
  bool strip_domain_;
  std::uint32_t local_network_;  // host order
  std::uint32_t local_netmask_;
  std::unique_ptr<Place[]> places_;
};

}  // namespace capstan::show
