// Any bytes as a form, a query, a document, packed or not, in any cutting: what is found does not
// depend on where the bytes were cut, and nothing that is no name of a user is told as one.
//
// Input: kind, coding, two cuts (2 each), then the body.
#include <algorithm>

#include "engine/audit/protocols/body_decoder.h"
#include "engine/audit/protocols/form_reader.h"
#include "engine/core/check.h"

namespace {

using namespace capstan::audit;

SessionFacts read(FormKind kind, ContentCoding coding, Bytes body, std::size_t cut,
                  std::size_t second_cut) {
  SessionFacts facts;
  Context context(facts, 1, nullptr);
  FormReader form(kind);
  BodyDecoder decoder(coding);
  std::size_t total = 0;
  const auto push = [&](Bytes piece) {
    if (piece.empty()) return;
    decoder.push(piece, [&](Bytes decoded) {
      form.push(decoded);
      total += decoded.size();
      return total < (std::size_t{1} << 20);
    });
  };
  cut = std::min(cut, body.size());
  second_cut = std::clamp(second_cut, cut, body.size());
  push(body.first(cut));
  push(body.subspan(cut, second_cut - cut));
  push(body.subspan(second_cut));
  form.finish(context);
  return facts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHeadBytes = 6;
  if (size < kHeadBytes) return 0;
  const auto kind = static_cast<FormKind>(data[0] % 7);
  const auto coding = static_cast<ContentCoding>(data[1] % 4);
  const std::size_t cut = data[2] | std::size_t{data[3]} << 8;
  const std::size_t second_cut = cut + (data[4] | std::size_t{data[5]} << 8);
  const Bytes body(data + kHeadBytes, size - kHeadBytes);
  const SessionFacts whole = read(kind, coding, body, body.size(), body.size());
  const SessionFacts cut_up = read(kind, coding, body, cut, second_cut);
  CAPSTAN_CHECK(whole.credentials.size() <= 1, whole.credentials.size());
  if (coding != ContentCoding::kIdentity) return 0;  // zlib may give up at another byte
  CAPSTAN_CHECK(whole.credentials.size() == cut_up.credentials.size(), whole.credentials.size(),
                cut_up.credentials.size());
  if (whole.credentials.empty()) return 0;
  const Credential& one = whole.credentials[0];
  const Credential& other = cut_up.credentials[0];
  CAPSTAN_CHECK(one.user == other.user && one.length == other.length && one.kind == other.kind,
                one.length, other.length);
  CAPSTAN_CHECK(one.user.size() <= SessionFacts::kMaxUserBytes, one.user.size());
  return 0;
}
