#include "tools/show/host_cache.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "engine/core/byte_order.h"
#include "tools/text/flow_slot.h"

namespace capstan::show {

HostCache::HostCache(HostResolver& resolver, const text::PrintOptions& options)
    : resolver_(resolver),
      strip_domain_(options.strip_domain),
      local_network_(options.local_network),
      local_netmask_(options.local_netmask),
      places_(std::make_unique<Place[]>(kPlaces)) {}

bool HostCache::find(const std::uint8_t* address, std::size_t size, std::string& name) {
  if (size != 4 && size != 16) return false;
  if (size == 4 && (ntohl(NativeOrder::load32(address)) & local_netmask_) != local_network_)
    return false;
  Place& place = places_[flow_slot(address, address, size, 0, 1) % kPlaces];
  if (place.size != size || std::memcmp(place.address.data(), address, size) != 0) {
    const HostResolver::Answer answer = resolver_.ask(address, size, name);
    if (answer == HostResolver::Answer::kLater) return false;
    std::memcpy(place.address.data(), address, size);
    place.size = static_cast<std::uint8_t>(size);
    place.name = answer == HostResolver::Answer::kName ? name : std::string();
    if (strip_domain_) place.name.resize(std::min(place.name.size(), place.name.find('.')));
  }
  if (place.name.empty()) return false;
  name = place.name;
  return true;
}

}  // namespace capstan::show
