#include "tools/ship/spool_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "engine/core/errors.h"
#include "engine/index/file_indexer.h"
#include "engine/reader/unreadable_file.h"
#include "tools/ship/file_audit.h"
#include "tools/ship/shipped_rows.h"
#include "tools/ship/spool.h"

namespace capstan::fleet {

namespace {

constexpr std::uint32_t kIdleEveryRows = 4096;

class Maker {
 public:
  Maker(const std::string& recording, const std::string& spool_path, const SpoolWish& wish,
        const std::function<bool()>& idle)
      : recording_(recording), spool_path_(spool_path), wish_(wish), idle_(idle) {}

  SpoolResult make() {
    try {
      if (!open_index()) return result_;
      if (wish_.audit && !read_audit()) return result_;
      encode();
      // A damaged index is as good as none.
      if (result_.state == SpoolResult::State::kFailed && made_.bytes.empty() &&
          index_in_memory()) {
        flows_ = 0;
        batch_rows_ = 0;
        result_.state = SpoolResult::State::kStopped;
        encode();
      }
    } catch (const UnreadableFile& error) {
      fail(SpoolResult::State::kFailed, error.what());
    } catch (const UsageError& error) {
      // What has an index is a recording.
      fail(!std::filesystem::exists(recording_) ? SpoolResult::State::kGone
           : index_.has_value()                 ? SpoolResult::State::kFailed
                                                : SpoolResult::State::kRefused,
           error.what());
    }
    return result_;
  }

 private:
  void fail(SpoolResult::State state, std::string reason) {
    result_.state = state;
    const std::string whose = recording_ + ": ";
    result_.reason = reason.starts_with(whose) ? reason.substr(whose.size()) : std::move(reason);
  }

  // The index beside the recording, if it is whole; else one in memory, which is lost afterwards.
  bool open_index() {
    IndexReader::Opened beside = IndexReader::open_beside(recording_);
    if (beside.reader && beside.reader->summary().skipped_blocks == 0 &&
        beside.reader->summary().recording.has_digest) {
      index_.emplace(std::move(*beside.reader));
      return true;
    }
    return index_in_memory();
  }

  bool index_in_memory() {
    IndexRecordingOptions options;
    options.gentle = true;
    options.progress = [this](std::uint64_t) { return idle_(); };
    try {
      made_ = index_recording(recording_, options);
    } catch (const std::system_error& error) {
      fail(error.code().value() == ENOENT ? SpoolResult::State::kGone : SpoolResult::State::kFailed,
           error.what());
      return false;
    }
    if (made_.stopped) return false;
    if (!made_.refusal.empty()) {
      fail(SpoolResult::State::kRefused, made_.refusal);
      return false;
    }
    IndexReader::Opened opened = IndexReader::from_bytes_unchecked(made_.bytes);
    if (!opened.reader) {
      fail(SpoolResult::State::kRefused, "it cannot be indexed: " + opened.reason);
      return false;
    }
    result_.damage = made_.damage;
    index_.emplace(std::move(*opened.reader));
    return true;
  }

  bool read_audit() {
    try {
      audit_.emplace();
      return audit_->read(recording_, idle_);  // else kStopped
    } catch (const std::system_error& error) {
      fail(SpoolResult::State::kFailed, error.what());
      return false;
    }
  }

  void encode() {
    const IndexSummary& summary = index_->summary();
    file_.sensor = wish_.sensor;
    file_.id = file_id(wish_.sensor, summary.recording);
    file_.name = std::filesystem::path(recording_).filename().string();
    format_ = wish_.eve ? eve_format() : clickhouse_format();
    SpoolWriter spool(spool_path_, file_.id, wish_.packing);
    spool_ = &spool;
    if (!encode_flows()) return;
    encode_findings();
    ShippedLedger ledger{summary, flows_, audit_ ? audit_->findings().size() : 0,
                         audit_ ? audit_->extent() : Audited::kNo};
    format_->ledger(file_, ledger);
    batch_rows_ = 1;
    flush(Table::kFiles, month_of(day_of(summary.first_ns)));
    spool.finish();
    result_.state = SpoolResult::State::kMade;
    result_.file = file_.id;
    result_.many_rows = summary.many_rows;
  }

  // Batches of one day each, in the order of the days: an insert into one partition is all or
  // nothing.
  bool encode_flows() {
    const IndexSummary& summary = index_->summary();
    const std::uint16_t first_day = day_of(summary.first_ns);
    if (first_day == day_of(summary.last_ns)) {
      const bool good = index_->for_each_row(
          [&](const IndexRow& row, const auto&) { return put_flow(row, day_of(row.first_ns)); });
      if (!good) return index_failed();
      if (stopped_) return false;
      flush(Table::kFlows, last_day_);
      return true;
    }
    std::map<std::uint16_t, std::vector<std::uint32_t>> days;
    if (!index_->for_each_row([&days](const IndexRow& row, const auto&) {
          days[day_of(row.first_ns)].push_back(row.id);
          return true;
        })) {
      return index_failed();
    }
    for (const auto& [day, rows] : days) {
      for (const std::uint32_t id : rows) {
        IndexRow row;
        if (!index_->read_row(id, row)) return index_failed();
        if (!put_flow(row, day)) return false;
      }
      flush(Table::kFlows, day);
    }
    return true;
  }

  bool index_failed() {
    fail(SpoolResult::State::kFailed, "its index: " + index_->error());
    return false;
  }

  bool put_flow(const IndexRow& row, std::uint16_t day) {
    // Rows may begin a microsecond before the file's first packet: in another day.
    if (batch_rows_ != 0 && day != last_day_) flush(Table::kFlows, last_day_);
    last_day_ = day;
    const IndexSummary& summary = index_->summary();
    ShippedFlow flow{row};
    if (summary.dropped != 0) flow.lost = index_->lost_between(row.first_ns, row.last_ns);
    if (audit_) flow.facts = audit_->facts_of(row);
    format_->flow(file_, flow);
    ++flows_;
    if (++batch_rows_ == wish_.batch_rows) flush(Table::kFlows, day);
    if (flows_ % kIdleEveryRows == 0 && !idle_()) stopped_ = true;
    return !stopped_;
  }

  void encode_findings() {
    if (!audit_) return;
    std::vector<const ShippedFinding*> findings;
    for (const ShippedFinding& one : audit_->findings()) findings.push_back(&one);
    const auto month = [](const ShippedFinding* one) { return month_of(day_of(one->first_ns)); };
    std::stable_sort(findings.begin(), findings.end(),
                     [&month](const auto* a, const auto* b) { return month(a) < month(b); });
    for (std::size_t i = 0; i < findings.size(); ++i) {
      format_->finding(file_, *findings[i]);
      const bool last = i + 1 == findings.size() || month(findings[i + 1]) != month(findings[i]);
      if (++batch_rows_ == wish_.batch_rows || last) flush(Table::kFindings, month(findings[i]));
    }
  }

  void flush(Table table, std::uint32_t partition) {
    if (batch_rows_ != 0) spool_->add(table, partition, batch_rows_, format_->bytes());
    batch_rows_ = 0;
    format_->clear();
  }

  const std::string& recording_;
  const std::string& spool_path_;
  const SpoolWish& wish_;
  const std::function<bool()>& idle_;
  SpoolResult result_;
  IndexedRecording made_;  // what index_ reads, if there is none beside the recording
  std::optional<IndexReader> index_;
  std::optional<FileAudit> audit_;
  ShippedFile file_;
  std::unique_ptr<RowFormat> format_;
  SpoolWriter* spool_ = nullptr;
  std::uint32_t batch_rows_ = 0;
  std::uint64_t flows_ = 0;
  std::uint16_t last_day_ = 0;
  bool stopped_ = false;
};

}  // namespace

SpoolResult make_spool(const std::string& recording, const std::string& spool_path,
                       const SpoolWish& wish, const std::function<bool()>& idle) {
  return Maker(recording, spool_path, wish, idle).make();
}

}  // namespace capstan::fleet
