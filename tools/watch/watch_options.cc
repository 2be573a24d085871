#include "tools/watch/watch_options.h"

#include "tools/common/units.h"

namespace capstan::tools {

std::optional<FreeSpaceLimit> parse_free_space(const std::string& text) {
  const std::optional<Quantity> space = parse_quantity(text);
  if (!space) return std::nullopt;
  if (space->unit == "%") {
    return space->number < 100 ? std::optional(FreeSpaceLimit{space->number, 0}) : std::nullopt;
  }
  if (space->unit.empty() && space->number == 0) return FreeSpaceLimit{};
  const double bytes = space->number * bytes_of_unit(space->unit);
  if (bytes_of_unit(space->unit) == 0 || bytes > 1e18) return std::nullopt;
  return FreeSpaceLimit{0, static_cast<std::uint64_t>(bytes)};
}

}  // namespace capstan::tools
