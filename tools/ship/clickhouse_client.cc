#include "tools/ship/clickhouse_client.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <clocale>

#include "engine/core/clock.h"
#include "tools/common/units.h"

namespace capstan::fleet {

namespace {

// An insert into a table that has too many parts is slowed down by the server for seconds.
constexpr std::uint64_t kSilenceMs = 120'000;
constexpr std::size_t kMostTextBytes = 400;

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

int exception_code(std::string_view body) noexcept {
  constexpr std::string_view kMark = "Code: ";
  if (!body.starts_with(kMark)) return 0;
  int code = 0;
  std::from_chars(body.data() + kMark.size(), body.data() + body.size(), code);
  return code;
}

std::string exception_text(std::string_view body) {
  for (const std::string_view mark : {"DB::Exception: ", "displayText() = "}) {
    const std::size_t at = body.find(mark);
    if (at != body.npos) {
      body = body.substr(at + mark.size());
      break;
    }
  }
  for (const std::string_view mark : {", e.what()", ". Stack trace", " (version ", "\n"}) {
    body = body.substr(0, body.find(mark));
  }
  return tools::visible_text(body.substr(0, kMostTextBytes));
}

std::int64_t http_date(std::string_view text) noexcept {
  // By hand: strptime() reads names of the present locale.
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || !text.ends_with(" GMT")) return 0;
  const auto number = [text](std::size_t at, std::size_t size) {
    int value = -1;
    const auto [end, wrong] = std::from_chars(text.data() + at, text.data() + at + size, value);
    return wrong == std::errc{} && end == text.data() + at + size ? value : -1;
  };
  const std::size_t month = kMonths.find(text.substr(8, 3));
  tm fields{};
  fields.tm_mday = number(5, 2);
  fields.tm_mon = static_cast<int>(month / 3);
  fields.tm_year = number(12, 4) - 1900;
  fields.tm_hour = number(17, 2);
  fields.tm_min = number(20, 2);
  fields.tm_sec = number(23, 2);
  const bool good = month != kMonths.npos && month % 3 == 0 && fields.tm_mday > 0 &&
                    fields.tm_year > 0 && fields.tm_hour >= 0 && fields.tm_min >= 0 &&
                    fields.tm_sec >= 0;
  return good ? static_cast<std::int64_t>(::timegm(&fields)) : 0;
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
    reply.there_seconds = http_date(*date);
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
