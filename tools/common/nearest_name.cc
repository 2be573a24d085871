#include "tools/common/nearest_name.h"

#include <algorithm>

#include "engine/capture/interfaces.h"

namespace capstan::tools {

std::string nearest_name(std::string_view typed, std::span<const std::string> names) {
  constexpr std::size_t kFewestLetters = 3;  // shorter ones are near to everything
  const std::string* nearest = nullptr;
  std::size_t least = 0;
  for (const std::string& name : names) {
    const bool begun = typed.size() >= kFewestLetters && name.starts_with(typed);
    const std::size_t distance = begun ? 0 : edit_distance(typed, name);
    if (!begun && distance > std::max(typed.size(), name.size()) / 3) continue;
    if (nearest != nullptr && distance >= least) continue;
    nearest = &name;
    least = distance;
  }
  return nearest == nullptr ? std::string() : *nearest;
}

}  // namespace capstan::tools
