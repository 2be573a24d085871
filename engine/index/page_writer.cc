#include <algorithm>
#include <utility>

#include "engine/index/index_encoder.h"

namespace capstan {

void PageWriter::begin_entry(const std::vector<std::uint8_t>& key) {
  std::size_t shared = 0;
  if (entries_ == 0) {
    first_key_ = key;
  } else {
    const std::size_t limit = std::min(key.size(), last_key_.size());
    while (shared < limit && key[shared] == last_key_[shared]) ++shared;
  }
  page_.varint(shared);
  page_.varint(key.size() - shared);
  page_.raw({key.data() + shared, key.size() - shared});
  last_key_ = key;
}

void PageWriter::end_entry() {
  ++entries_;
  if (page_.size() >= page_bytes_) finish();
}

void PageWriter::finish() {
  if (entries_ == 0) return;
  done_.push_back(
      {page_.size(), entries_, index_checksum(page_.bytes()), std::exchange(first_key_, {})});
  pages_.raw(page_.bytes());
  page_.clear();
  entries_ = 0;
}

FieldWriter PageWriter::table(bool with_first_keys) const {
  FieldWriter to;
  to.varint(done_.size());
  for (const Page& page : done_) {
    to.varint(page.bytes);
    to.varint(page.entries);
    to.u32(page.checksum);
    if (!with_first_keys) continue;
    to.varint(page.first_key.size());
    to.raw(page.first_key);
  }
  return to;
}

}  // namespace capstan
