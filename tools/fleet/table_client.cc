#include "tools/fleet/table_client.h"

#include <fmt/format.h>

#include <charconv>

#include "tools/clickhouse/server_error.h"
#include "tools/common/json_text.h"

namespace capstan::fleet::asking {

namespace {

using tools::HttpFailure;

// A row has some columns of names and numbers.
constexpr std::size_t kLongestRow = 64U << 10;

tools::HttpOptions options_of(const FleetFile& fleet, const std::atomic<bool>& stop) {
  tools::HttpOptions options;
  options.tls = fleet.database.tls;
  options.connect_limit_ms = fleet.connect_limit_ms;
  options.silence_limit_ms = fleet.database_limit_ms;
  options.most_body_bytes = 64U << 10;  // what is kept are its errors
  options.stop = &stop;
  return options;
}

std::string mend_of(int status) {
  if (status == 401 || status == 403) return ": is the user's password right?";
  if (status == 404) return ": have the tables been made (capstan ship --create-schema)?";
  return {};
}

}  // namespace

TableClient::TableClient(const FleetFile& fleet, const std::atomic<bool>& stop)
    : fleet_(fleet), client_(options_of(fleet, stop)) {}

void TableClient::select(const std::string& statement,
                         const std::function<void(const nlohmann::json&)>& take) {
  const std::string body = statement + "\nFORMAT JSONEachRow";
  tools::HttpRequest request;
  request.method = "POST";
  request.url =
      fleet_.database.url + "/?database=" + tools::percent_encoded(fleet_.database.database);
  request.body = {reinterpret_cast<const std::uint8_t*>(body.data()), body.size()};
  request.user = fleet_.database.user;
  request.password = fleet_.database.password;
  const std::string server = tools::check_http_url(fleet_.database.url);
  std::string rest;
  const auto take_line = [&](std::string_view line) {
    const nlohmann::json row = tools::try_parse_json(line);
    if (!row.is_object()) {
      // What fails in the middle of an answer is a line of text in it.
      throw TableError(fmt::format("{}: {}", server, exception_text(line)));
    }
    take(row);
  };
  const tools::HttpResponse answer =
      client_.send(request, [&](const tools::HttpResponse&, std::span<const std::uint8_t> bytes) {
        rest.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        std::size_t begin = 0;
        for (std::size_t end = 0; (end = rest.find('\n', begin)) != rest.npos; begin = end + 1) {
          take_line(std::string_view(rest).substr(begin, end - begin));
        }
        rest.erase(0, begin);
        if (rest.size() > kLongestRow) {
          throw TableError(fmt::format("{}: what answers there is no ClickHouse", server));
        }
        return true;
      });
  if (answer.failure != HttpFailure::kNone) throw TableError(answer.error);
  if (!answer.good()) {
    throw TableError(fmt::format("{}: status {}, {}{}", server, answer.status,
                                 answer.body.empty() ? "no reason" : exception_text(answer.body),
                                 mend_of(answer.status)));
  }
  if (!rest.empty()) take_line(rest);
}

std::uint64_t TableClient::number(const nlohmann::json& row, const char* column) {
  const auto found = row.find(column);
  if (found != row.end() && found->is_number_unsigned()) return found->get<std::uint64_t>();
  if (found != row.end() && found->is_string()) {
    const auto& digits = found->get_ref<const std::string&>();
    std::uint64_t value = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (wrong == std::errc{} && end == digits.data() + digits.size()) return value;
  }
  throw TableError(fmt::format("the database's answer has no number in '{}'", column));
}

std::string TableClient::text(const nlohmann::json& row, const char* column) {
  const auto found = row.find(column);
  if (found != row.end() && found->is_string()) return found->get<std::string>();
  throw TableError(fmt::format("the database's answer has no text in '{}'", column));
}

std::string TableClient::bytes(const nlohmann::json& row, const char* column) {
  const std::string digits = text(row, column);
  std::string decoded;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned char byte = 0;
    const char* const pair = digits.data() + i;
    if (std::from_chars(pair, pair + 2, byte, 16).ptr != pair + 2) {
      throw TableError(fmt::format("the database's answer has no hexadecimal in '{}'", column));
    }
    decoded += static_cast<char>(byte);
  }
  return decoded;
}

}  // namespace capstan::fleet::asking
