// HostCache: one thread's own memory of what the resolver has answered, so that a packet with known
// addresses takes no lock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "tools/show/host_resolver.h"
#include "tools/text/names.h"

namespace capstan::show {

// One thread. The resolver is borrowed.
class HostCache final : public text::HostNames {
 public:
  // `strip_domain`: -N, the host's own name alone.
  HostCache(HostResolver& resolver, bool strip_domain);

  bool find(const std::uint8_t* address, std::size_t size, std::string& name) override;

 private:
  static constexpr std::size_t kPlaces = 4096;  // a power of two
  struct Place {
    std::array<std::uint8_t, 16> address{};
    std::uint8_t size = 0;  // 0: free
    std::string name;       // empty: it has none
  };

  HostResolver& resolver_;
  bool strip_domain_;
  std::unique_ptr<Place[]> places_;
};

}  // namespace capstan::show
