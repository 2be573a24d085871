#include "tools/flows/flow_print.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tools/flows/flow_gatherer.h"
#include "tools/flows/flow_text.h"
#include "tools/show/output_stream.h"

namespace capstan::tools {

namespace {

template <typename Item>
void put_sorted(const FlowsCommandLine& line, std::vector<Item>& items, show::OutputStream& out,
                std::string (*text)(const Item&, FlowStyle, Talkers)) {
  const std::size_t count =
      line.top == 0 ? items.size() : std::min<std::size_t>(items.size(), line.top);
  std::partial_sort(
      items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count), items.end(),
      [&line](const Item& a, const Item& b) { return comes_before(a, b, line.order); });
  for (std::size_t i = 0; i < count && !out.closed(); ++i) {
    out.put(text(items[i], line.style, line.talkers));
  }
  out.flush();
}

}  // namespace

void print_flows(const FlowsCommandLine& line, FlowBook& book) {
  show::OutputStream out(STDOUT_FILENO);
  if (line.talkers != Talkers::kNone) {
    out.put(talker_head(line.style, line.talkers));
    std::vector<Talker> talkers = talkers_of(book.flows(), line.talkers);
    put_sorted(line, talkers, out, talker_line);
    return;
  }
  out.put(flow_head(line.style));
  put_sorted<Flow>(line, book.flows(), out, [](const Flow& flow, FlowStyle style, Talkers) {
    return flow_line(flow, style);
  });
}

}  // namespace capstan::tools
