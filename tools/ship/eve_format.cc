// Rows as lines of EVE, Suricata's JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tools/common/json_text.h"
#include "tools/flows/flow_book.h"
#include "tools/flows/flow_text.h"
#include "tools/ship/row_format.h"

namespace capstan::fleet {

namespace {

class EveFormat final : public RowFormat {
 public:
  void flow(const ShippedFile& file, const ShippedFlow& flow) override {
    tools::FlowBook book(1);
    book.add(flow.row, flow.lost);
    tools::Flow& one = book.flows().front();
    if (flow.facts != nullptr) {
      one.application = std::make_shared<const tools::FlowApplication>(
          tools::FlowApplication{flow.facts->app_protocol, flow.facts->sni});
    }
    std::string line = tools::flow_line(one, tools::FlowStyle::kJson);
    line.pop_back();
    add(file, flow.row.id, line);
  }

  void finding(const ShippedFile& file, const ShippedFinding& finding) override {
    add(file, finding.number, finding.event);
  }

  void ledger(const ShippedFile& file, const ShippedLedger& ledger) override {
    const IndexSummary& summary = ledger.summary;
    nlohmann::ordered_json event;
    event["timestamp"] = tools::flow_time(summary.last_ns);
    event["event_type"] = "recording";
    event["recording"] = {{"size_bytes", summary.recording.size_bytes},
                          {"start", tools::flow_time(summary.first_ns)},
                          {"end", tools::flow_time(summary.last_ns)},
                          {"packets", summary.packets},
                          {"bytes", summary.bytes},
                          {"whole", summary.whole},
                          {"losses_known", summary.has_ledger && !summary.ledger_disputed},
                          {"received", summary.received},
                          {"dropped", summary.dropped},
                          {"interface_dropped", summary.interface_dropped},
                          {"missing", summary.missing},
                          {"rows", ledger.rows},
                          {"findings", ledger.findings},
                          {"conversations_without_rows", summary.many_rows},
                          {"audited", ledger.audited == Audited::kWhole},
                          {"audited_in_part", ledger.audited == Audited::kInPart}};
    add(file, 0, tools::dump_json(event));
  }

  std::span<const std::uint8_t> bytes() const noexcept override {
    return {reinterpret_cast<const std::uint8_t*>(text_.data()), text_.size()};
  }
  void clear() noexcept override { text_.clear(); }

 private:
  // `event` is an object: what says whose it is goes in front of its closing brace.
  void add(const ShippedFile& file, std::uint32_t row, std::string_view event) {
    if (whose_.empty() || file.id != id_) {
      id_ = file.id;
      whose_ = fmt::format(R"(,"host":{},"capstan":{{"file":{},"file_id":"{:016x}","row":)",
                           tools::dump_json(nlohmann::json(file.sensor)),
                           tools::dump_json(nlohmann::json(file.name)), file.id);
    }
    text_ += event.substr(0, event.size() - 1);
    text_ += whose_;
    text_ += fmt::format("{}}}}}\n", row);
  }

  std::string text_;
  std::uint64_t id_ = 0;
  std::string whose_;  // what add() appends; of the file with this id
};

}  // namespace

std::unique_ptr<RowFormat> eve_format() { return std::make_unique<EveFormat>(); }

}  // namespace capstan::fleet
