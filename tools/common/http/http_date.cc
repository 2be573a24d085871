#include "tools/common/http/http_date.h"

#include <time.h>

#include <charconv>

namespace capstan::tools {

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

}  // namespace capstan::tools
