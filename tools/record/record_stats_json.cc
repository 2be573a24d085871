// RecordStats as a line of --stats-json, the status socket and `capstan status --json`.
#include <nlohmann/json.hpp>

#include "engine/core/errors.h"
#include "tools/record/record_stats.h"

namespace capstan::tools {

namespace {

nlohmann::json error_json(int error) {
  return error == 0 ? nlohmann::json() : nlohmann::json(errno_text(error));
}

nlohmann::json feed_json(const FeedStats& feed) {
  return {{"targets", feed.targets},           {"clients", feed.clients},
          {"refused", feed.refused},           {"packets_sent", feed.packets_sent},
          {"packets_lost", feed.packets_lost}, {"packets_skipped", feed.packets_skipped}};
}

nlohmann::json audit_json(const AuditStats& audit) {
  return {{"path", audit.path},
          {"packets", audit.packets},
          {"packets_skipped", audit.packets_skipped},
          {"blocks_skipped", audit.blocks_skipped},
          {"sessions", audit.sessions},
          {"cleartext_logins", audit.logins},
          {"left_out", audit.left_out},
          {"error", error_json(audit.error)}};
}

nlohmann::json index_json(const IndexStats& index) {
  return {{"files", index.files},
          {"failed", index.failed},
          {"refused", index.refused},
          {"left", index.left},
          {"from_blocks", index.from_blocks},
          {"blocks_skipped", index.blocks_skipped},
          {"made_anew", index.anew}};
}

nlohmann::json rings_json(const std::vector<RingStats>& stats) {
  nlohmann::json rings = nlohmann::json::array();
  for (const RingStats& ring : stats) {
    rings.push_back({{"interface", ring.interface_name},
                     {"cpu", ring.cpu},
                     {"packets_received", ring.received},
                     {"packets_dropped", ring.dropped},
                     {"packets_sealed", ring.sealed},
                     {"packets_damaged", ring.damaged},
                     {"packets_beyond_limit", ring.beyond_limit},
                     {"packets_after_stop", ring.after_stop},
                     {"packets_abandoned", ring.abandoned},
                     {"packets_truncated", ring.truncated},
                     {"bytes_captured", ring.captured_bytes},
                     {"freezes", ring.freezes},
                     {"blocks", ring.blocks},
                     {"blocks_held", ring.held_blocks},
                     {"ring_blocks", ring.block_count},
                     {"ring_bytes", ring.ring_size_bytes},
                     {"reconciled", ring.reconciled}});
  }
  return rings;
}

nlohmann::json files_json(const std::vector<FileStats>& stats) {
  nlohmann::json files = nlohmann::json::array();
  for (const FileStats& file : stats) {
    nlohmann::json finished = nlohmann::json::array();
    for (const FinishedFile& one : file.finished) {
      finished.push_back({{"path", one.path}, {"bytes", one.size_bytes}});
    }
    files.push_back({{"path", file.path},
                     {"packets_written", file.written},
                     {"packets_failed", file.failed},
                     {"packets_beyond_limit", file.beyond_limit},
                     {"packets_out_of_order", file.out_of_order},
                     {"syncs_refused", file.syncs_refused},
                     {"bytes_written", file.bytes},
                     {"blocks_in_place", file.blocks_in_place},
                     {"blocks_packed", file.blocks_packed},
                     {"finished_files", file.finished_count},
                     {"finished", std::move(finished)},
                     {"deleted_files", file.deleted_count},
                     {"waits_for", error_json(file.trouble)},
                     {"error", error_json(file.error)}});
  }
  return files;
}

nlohmann::json links_json(const std::vector<LinkStats>& stats) {
  nlohmann::json links = nlohmann::json::array();
  for (const LinkStats& link : stats) {
    links.push_back({{"interface", link.interface_name},
                     {"name", link.name},
                     {"state", link.state()},
                     {"mtu", link.mtu}});
  }
  return links;
}

nlohmann::json alarms_json(const std::vector<AlarmState>& stats) {
  nlohmann::json alarms = nlohmann::json::array();
  for (const AlarmState& alarm : stats) {
    alarms.push_back(
        {{"alarm", alarm.alarm}, {"subject", alarm.subject}, {"active", alarm.active}});
  }
  return alarms;
}

nlohmann::json disks_json(const std::vector<AlarmInputs::Disk>& stats) {
  nlohmann::json disks = nlohmann::json::array();
  for (const AlarmInputs::Disk& disk : stats) {
    disks.push_back({{"directory", disk.directory},
                     {"free_bytes", disk.free_bytes},
                     {"total_bytes", disk.total_bytes}});
  }
  return disks;
}

}  // namespace

nlohmann::json to_json(const RecordStats& stats) {
  return {{"final", stats.final},
          {"duration_s", static_cast<double>(stats.duration_ns) / 1e9},
          {"packets_received", stats.sum(&RingStats::received)},
          {"packets_dropped", stats.sum(&RingStats::dropped)},
          {"packets_written", stats.sum(&FileStats::written)},
          {"packets_failed", stats.sum(&FileStats::failed)},
          {"packets_damaged", stats.sum(&RingStats::damaged)},
          {"packets_beyond_limit",
           stats.sum(&RingStats::beyond_limit) + stats.sum(&FileStats::beyond_limit)},
          {"packets_after_stop", stats.sum(&RingStats::after_stop)},
          {"packets_abandoned", stats.final ? stats.abandoned() : 0},
          {"packets_truncated", stats.sum(&RingStats::truncated)},
          {"bytes_captured", stats.sum(&RingStats::captured_bytes)},
          {"bytes_written", stats.sum(&FileStats::bytes)},
          {"freezes", stats.sum(&RingStats::freezes)},
          {"blocks", stats.sum(&RingStats::blocks)},
          {"nic_drops", stats.nic_drops},
          {"backlog_drops", stats.backlog_drops},
          {"rx_dropped", stats.rx_dropped},
          {"rings", rings_json(stats.rings)},
          {"files", files_json(stats.files)},
          {"links", links_json(stats.links)},
          {"alarms", alarms_json(stats.alarms)},
          {"disks", disks_json(stats.disks)},
          {"audit", stats.audit ? audit_json(*stats.audit) : nlohmann::json()},
          {"feed", stats.feed ? feed_json(*stats.feed) : nlohmann::json()},
          {"index", stats.index ? index_json(*stats.index) : nlohmann::json()},
          {"reconciled", stats.final && stats.reconciled()}};
}

}  // namespace capstan::tools
