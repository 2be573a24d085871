#include "engine/audit/protocols/unit_recogniser.h"

#include <algorithm>

namespace capstan::audit {

std::size_t UnitRecogniser::consume(Side side, Bytes bytes, bool full, Context& context) {
  std::size_t used = 0;
  while (used < bytes.size() && !context.leaving() && !context.side_finished(side)) {
    const Bytes rest = bytes.subspan(used);
    const bool last_chance = full && used == 0;
    if (tls_may_begin(side, context)) {
      if (starts_tls(rest)) {
        context.become_tls();
        return used;
      }
      if (may_start_tls(rest) && !last_chance) return used;
    }
    const std::uint64_t size = unit_size(side, rest, context);
    if (size == kMore && !last_chance) return used;
    if (size == kLost || size == kMore) {
      on_lost(side, context);
      return context.leaving() ? used : bytes.size();
    }
    const std::uint64_t wanted = std::min<std::uint64_t>(size, wanted_bytes());
    if (rest.size() < wanted && !last_chance) return used;
    const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(size, rest.size()));
    context.facts.clear_bytes[index_of(side)] = true;
    if (logins_come_late()) context.refresh_budget();
    on_unit(side, rest.first(here), context);
    used += here;
    if (size > here) {
      context.skip(size - here);
      return used;
    }
  }
  return context.side_finished(side) && !context.leaving() ? bytes.size() : used;
}

void UnitRecogniser::on_gap(Side side, Context& context) {
  // Where the next unit begins is not known any more.
  context.finish_side(side);
}

void UnitRecogniser::on_end(Side side, Bytes rest, Context& context) {
  if (rest.empty() || (tls_may_begin(side, context) && may_start_tls(rest))) return;
  const std::uint64_t size = unit_size(side, rest, context);
  if (size == kMore || size == kLost) return;
  on_unit(side, rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(size, rest.size()))),
          context);
}

}  // namespace capstan::audit
