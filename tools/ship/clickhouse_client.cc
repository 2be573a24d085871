#include "tools/ship/clickhouse_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/clock.h"
#include "tools/clickhouse/server_error.h"
#include "tools/common/http/http_date.h"

namespace capstan::fleet {

namespace {

// An insert into a table that has too many parts is slowed down by the server for seconds.
constexpr std::uint64_t kSilenceMs = 120'000;

// src/Common/ErrorCodes.cpp of ClickHouse.
enum Code : int {
  kUnknownTable = 60,
  kUnknownDatabase = 81,
  kReadonly = 164,
  kUnknownUser = 192,
  kWrongPassword = 193,
  kRequiredPassword = 194,
  kNotAllowedAddress = 195,
  kAccessDenied = 497,
  kAuthenticationFailed = 516,
};

std::string advice(int code) {
  switch (code) {
    case kUnknownTable:
    case kUnknownDatabase:
      return ": `capstan ship --create-schema` makes the tables";
    case kUnknownUser:
    case kWrongPassword:
    case kRequiredPassword:
    case kAuthenticationFailed:
      return ": is it the right --user, and the right password in --password-file?";
    default:
      return {};
  }
}

bool is_refusal(tools::HttpFailure failure) noexcept {
  return failure == tools::HttpFailure::kCertificate || failure == tools::HttpFailure::kTls ||
         failure == tools::HttpFailure::kNotHttp;
}

}  // namespace

bool is_refusal(std::string_view body) noexcept {
  constexpr int kRefusals[] = {kUnknownTable,      kUnknownDatabase, kReadonly,
                               kUnknownUser,       kWrongPassword,   kRequiredPassword,
                               kNotAllowedAddress, kAccessDenied,    kAuthenticationFailed};
  const int code = exception_code(body);
  // 18.16 looks at each table in turn to list them, and gives up where one is dropped meanwhile: a
  // gate of another sensor's, which comes and goes.
  if (code == kUnknownTable && body.find(kGatePrefix) != body.npos) return false;
  return std::find(std::begin(kRefusals), std::end(kRefusals), code) != std::end(kRefusals);
}

ClickHouseClient::ClickHouseClient(ClickHouseAccess access, const std::atomic<bool>& stop)
    : access_(std::move(access)),
      options_{access_.tls, 10'000, kSilenceMs, std::size_t{16} << 20, &stop},
      client_(options_) {}

ClickHouseClient::Reply ClickHouseClient::send(tools::HttpClient& client,
                                               tools::HttpRequest request) {
  request.method = "POST";
  request.user = access_.user;
  request.password = access_.password;
  const tools::HttpResponse response = client.send(request);
  Reply reply;
  if (response.failure != tools::HttpFailure::kNone) {
    reply.answer = is_refusal(response.failure) ? Answer::refused(response.error)
                                                : Answer::later(response.error);
    return reply;
  }
  if (const std::string* const date = response.header("Date"); date != nullptr) {
    reply.there_seconds = tools::http_date(*date);
    reply.here_seconds = static_cast<std::int64_t>(response.head_at_ns / kNanosecondsPerSecond);
  }
  const std::string server = tools::check_http_url(request.url);
  if (!response.good()) {
    const int code = exception_code(response.body);
    const bool refused = is_refusal(response.body);
    std::string text = fmt::format(
        "{}: {}{}", server,
        code == 0 ? fmt::format("status {} and no word of ClickHouse's", response.status)
                  : exception_text(response.body),
        refused ? advice(code) : "");
    reply.answer = refused ? Answer::refused(std::move(text)) : Answer::later(std::move(text));
    return reply;
  }
  reply.body = response.body;
  return reply;
}

ClickHouseClient::Reply ClickHouseClient::ask(std::string_view sql, const Settings& settings) {
  tools::HttpRequest request;
  request.url = access_.server + "/?";
  for (const auto& [name, value] : settings) {
    request.url += fmt::format("&{}={}", name, tools::percent_encoded(value));
  }
  request.body = {reinterpret_cast<const std::uint8_t*>(sql.data()), sql.size()};
  return send(client_, std::move(request));
}

ClickHouseClient::Reply ClickHouseClient::insert(std::string_view sql,
                                                 std::span<const std::uint8_t> packed,
                                                 Packing packing, const Settings& settings) {
  tools::HttpRequest request;
  request.url = fmt::format("{}/?query={}", access_.server, tools::percent_encoded(sql));
  for (const auto& [name, value] : settings) {
    request.url += fmt::format("&{}={}", name, tools::percent_encoded(value));
  }
  if (packing != Packing::kNone) {
    request.headers.emplace_back("Content-Encoding", packing == Packing::kZstd ? "zstd" : "gzip");
  }
  request.body = packed;
  tools::HttpClient fresh(options_);
  return send(fresh, std::move(request));
}

}  // namespace capstan::fleet
