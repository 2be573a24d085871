#include "tools/fleet/table_condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "engine/core/joined.h"
#include "tools/fleet/table_atoms.h"

namespace capstan::fleet::asking {

namespace {

std::string any_of(const std::string& one, const std::string& other) {
  if (one == kAlways || other == kAlways) return kAlways;
  if (one == kNever || one == other) return other;
  if (other == kNever) return one;
  return fmt::format("({} OR {})", one, other);
}

std::string all_of(const std::string& one, const std::string& other) {
  if (one == kNever || other == kNever) return kNever;
  if (one == kAlways || one == other) return other;
  if (other == kAlways) return one;
  return fmt::format("({} AND {})", one, other);
}

// The condition of one link type in one direction.
class Expression {
 public:
  Expression(const FilterCondition& condition, const Direction& direction,
             const ServerVersion& version)
      : condition_(condition), atoms_(direction, version) {}

  std::string text() {
    return of(static_cast<std::uint32_t>(condition_.nodes().size() - 1), {}, 0);
  }

 private:
  using Kind = FilterCondition::Kind;
  static constexpr int kMostDepth = 200;  // the server's own limit is 1000

  std::string of(std::uint32_t index, KnownBytes known, int depth) {
    const FilterCondition::Node& node = condition_.nodes()[index];
    if (node.kind == Kind::kNever) return kNever;
    if (node.kind == Kind::kAlways || depth > kMostDepth || written_ > kMostConditionBytes / 4) {
      return kAlways;
    }
    if (node.kind == Kind::kAtom) {
      std::string text = atoms_.of(condition_.atoms()[node.left], known);
      written_ += text.size();
      return text;
    }
    if (node.kind == Kind::kOr) {
      const std::string left = of(node.left, known, depth + 1);
      return any_of(left, of(node.right, known, depth + 1));
    }
    // What is compared in front fixes bytes for what stands behind it.
    const std::string left = of(node.left, known, depth + 1);
    const FilterCondition::Node& first = condition_.nodes()[node.left];
    if (first.kind == Kind::kAtom) known.note(condition_.atoms()[first.left]);
    return all_of(left, of(node.right, known, depth + 1));
  }

  const FilterCondition& condition_;
  const AtomText atoms_;
  std::size_t written_ = 0;
};

}  // namespace

std::string flows_condition(std::span<const LinkCondition> links, bool inner,
                            const ServerVersion& version) {
  // Types with the same condition are named together.
  std::map<std::string, std::vector<int>> by_text;
  std::vector<int> types;
  bool useful = false;
  for (const LinkCondition& link : links) {
    std::string both = kNever;
    for (const Direction& direction : kDirections) {
      const std::string one = Expression(link.condition, direction, version).text();
      both = any_of(both, all_of(fmt::format("{}_packets != 0", direction.from), one));
      // Every row has packets in one direction.
      if (one == kAlways) both = kAlways;
    }
    useful = useful || both != kAlways;
    types.push_back(link.link_type);
    by_text[both].push_back(link.link_type);
  }
  if (!useful) return kAlways;
  std::string any = fmt::format("link_type NOT IN ({})", joined(types, ", "));
  if (inner) any = any_of(any, "tunnel != 0");
  for (const auto& [text, its_types] : by_text) {
    any = any_of(any, all_of(fmt::format("link_type IN ({})", joined(its_types, ", ")), text));
  }
  return any.size() > kMostConditionBytes ? std::string(kAlways) : any;
}

}  // namespace capstan::fleet::asking
