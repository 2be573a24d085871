// audit: what the logins among the packets of a question are worth, by service.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "engine/audit/tls/hello.h"
#include "engine/flow/packet_sorter.h"
#include "tools/audit/advice.h"
#include "tools/audit/audit_book.h"
#include "tools/audit/audit_scope.h"
#include "tools/audit/audit_words.h"
#include "tools/common/json_text.h"
#include "tools/common/units.h"
#include "tools/query/completeness_text.h"
#include "tools/serve/endpoints.h"
#include "tools/serve/search.h"
#include "tools/show/interface_book.h"

namespace capstan::serve {

namespace {

using Json = nlohmann::ordered_json;
using audit::Verdict;
constexpr std::size_t kMostServices = 1000;
constexpr std::size_t kMostLogins = 1000;

class Book final : public audit::AuditSink {
 public:
  void on_session(const audit::SessionReport& report) override { book_.session(report); }
  void on_login(const audit::SessionReport& so_far, const audit::Credential& credential) override {
    book_.login(so_far, credential);
  }
  const tools::AuditBook& book() const noexcept { return book_; }

 private:
  tools::AuditBook book_;
};

Json service_json(const audit::ServiceKey& key, const audit::Service& service) {
  const auto count = [&service](Verdict verdict) {
    return service.sessions[static_cast<std::size_t>(verdict)];
  };
  const std::string host = address_text(key.address, key.ip_version);
  const bool tcp = key.transport == 6;
  Json json{{"server", tools::endpoint_text(key.address, key.port, key.ip_version)},
            {"protocol", audit::protocol_name(service.protocol)},
            {"verdict", service.verdict_text()},
            {"rank", service.rank()},
            {"sessions", service.total()},
            {"encrypted", count(Verdict::kImplicitTls) + count(Verdict::kStarttlsUpgraded)},
            {"logins_in_clear", service.logins},
            {"weak", service.weak},
            {"oldest_tls", audit::tls_version_name(service.oldest_version)},
            {"advice", tools::advice_for(key, service)}};
  // With a tag in front or without: which it was is not known of a service.
  const std::string one =
      fmt::format("host {} and {} port {}", host, tcp ? "tcp" : "udp", key.port);
  json["filter"] = fmt::format("{0} or (vlan and {0})", one);
  return json;
}

Json login_json(const tools::LoginLine& line) {
  return {{"time", tools::utc_time(line.time_ns)},
          {"client", line.client},
          {"server", line.server},
          {"protocol", line.service},
          {"user", line.user},
          {"mechanism", line.mechanism},
          {"secret", tools::secret_words(line.kind, line.length)},
          {"times", line.count}};
}

Json left_out_json(const audit::Auditor& auditor) {
  Json list = Json::array();
  for (const tools::LeftOut& one : tools::left_out({}, auditor)) {
    list.push_back({{"what", std::string(one.what)},
                    {"count", one.count},
                    {"text", tools::visible_text(one.sentence)}});
  }
  return list;
}

}  // namespace

void answer_audit(Desk& desk, const Inquiry& inquiry, Answer& answer) {
  const Question& question = inquiry.question;
  Search search(desk.archive, question, answer, desk.limits.seconds);
  show::InterfaceBook interfaces(search.set().files.size());
  Book book;
  audit::AuditOptions options;
  options.flows.max_flows = desk.limits.audit_flows;
  options.pool_bytes = desk.limits.audit_memory_bytes;
  audit::Auditor auditor(options, book);
  PacketSorter sorter(true);
  const auto emit = [&auditor](std::span<const PacketView> packets) {
    auditor.on_packets(packets);
  };
  std::uint64_t count = 0;
  const Completeness completeness = search.run(interfaces, false, [&](const SetPacket& packet) {
    if (count++ == question.limit) {
      search.end_with(fmt::format("limit={}", question.limit));
      return false;
    }
    sorter.add(packet.packet, emit);
    return true;
  });
  sorter.flush(emit);
  auditor.finish();
  Json json{{"packets", auditor.counters().packets},
            {"sessions", book.book().sessions()},
            {"sessions_recognised", book.book().recognised()},
            {"encrypted", book.book().encrypted()},
            {"logins_in_clear", book.book().count(Verdict::kCleartextCredentials)}};
  json["services"] = Json::array();
  for (const auto& [key, service] : tools::services_by_rank(auditor.services())) {
    if (json["services"].size() == kMostServices) break;
    json["services"].push_back(service_json(key, *service));
  }
  json["logins"] = Json::array();
  for (const tools::LoginLine& line : book.book().logins()) {
    if (json["logins"].size() == kMostLogins) break;
    json["logins"].push_back(login_json(line));
  }
  json["logins_not_listed"] =
      book.book().logins().size() - json["logins"].size() + book.book().logins_not_listed();
  json["left_out"] = left_out_json(auditor);
  json["completeness"] = tools::completeness_json(completeness);
  answer.whole(200, kJsonType, tools::dump_json(json) + "\n");
}

}  // namespace capstan::serve
