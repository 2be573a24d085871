#include "tools/info/info_json.h"

#include "engine/format/link_type.h"
#include "tools/common/units.h"
#include "tools/info/info_text.h"

namespace capstan::tools {

namespace {

using Json = nlohmann::ordered_json;

const char* compression_name(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return "gzip";
    case Compression::kZstd:
      return "zstd";
    case Compression::kNone:
      break;
  }
  return "none";
}

const char* byte_order_name(bool swapped) {
  return swapped == (std::endian::native == std::endian::little) ? "big" : "little";
}

const char* end_name(FileEnd::Kind kind) {
  switch (kind) {
    case FileEnd::Kind::kNotYet:
      return "not_read";
    case FileEnd::Kind::kClean:
      return "clean";
    case FileEnd::Kind::kCutShort:
      return "cut_short";
    case FileEnd::Kind::kDamaged:
      return "damaged";
    case FileEnd::Kind::kFailed:
      return "unreadable";
  }
  return "";
}

const char* source_name(LossSource source) {
  switch (source) {
    case LossSource::kNone:
      return "none";
    case LossSource::kPacketOptions:
      return "packet_options";
    case LossSource::kStatistics:
      return "statistics";
    case LossSource::kLedger:
      return "ledger";
  }
  return "";
}

const char* proof_name(LossProof proof) {
  switch (proof) {
    case LossProof::kUnknown:
      return "unknown";
    case LossProof::kUpToItsEnd:
      return "up_to_its_end";
    case LossProof::kProved:
      return "proved";
  }
  return "";
}

Json close_name(const std::optional<CloseReason>& reason) {
  if (!reason) return nullptr;
  switch (*reason) {
    case CloseReason::kEnded:
      return "ended";
    case CloseReason::kTurned:
      return "turned";
    case CloseReason::kDiskRefused:
      return "disk_refused";
    case CloseReason::kRepaired:
      return "repaired";
    case CloseReason::kSalvaged:
      return "salvaged";
  }
  return "other";
}

Json time_or_null(std::uint64_t timestamp_ns) {
  return timestamp_ns == 0 ? Json(nullptr) : Json(timestamp_ns);
}

Json interfaces_json(const RecordingSummary& summary) {
  Json list = Json::array();
  for (const InterfaceSummary& interface : summary.interfaces) {
    const FileInterface& info = interface.info;
    const LinkTypeName* known = find_link_type(info.link_type);
    list.push_back({{"section", info.section},
                    {"name", info.name},
                    {"description", info.description},
                    {"link_type", info.link_type},
                    {"link_type_name", known == nullptr ? Json(nullptr) : Json(known->name)},
                    {"snaplen", info.snaplen},
                    {"filter", info.filter},
                    {"os", info.os},
                    {"time_resolution", resolution_text(info.timestamps)},
                    {"time_offset_s", info.timestamps.offset_s()},
                    {"packets", interface.packets}});
  }
  return list;
}

Json recording_json(const std::optional<RecordingMark>& mark) {
  if (!mark) return nullptr;
  return {{"id", recording_id_text(*mark)},
          {"stripe", mark->stripe},
          {"stripes", mark->stripes},
          {"file_number", mark->file_number}};
}

Json sections_json(const RecordingSummary& summary) {
  Json list = Json::array();
  for (const FileSection& section : summary.sections) {
    list.push_back({{"offset", section.offset},
                    {"byte_order", byte_order_name(section.byte_swapped)},
                    {"application", section.application},
                    {"os", section.os},
                    {"hardware", section.hardware},
                    {"comment", section.comment},
                    {"recording", recording_json(section.recording)}});
  }
  return list;
}

Json events_json(const RecordingSummary& summary) {
  Json list = Json::array();
  for (const RecordedEvent& event : summary.events) {
    list.push_back({{"timestamp_ns", event.timestamp_ns},
                    {"time", utc_time(event.timestamp_ns)},
                    {"interface", event.interface_id},
                    {"change", link_change_name(event.change)},
                    {"text", event.text}});
  }
  return list;
}

Json loss_json(const LossReport& loss) {
  Json json;
  json["source"] = source_name(loss.source);
  json["proof"] = proof_name(loss.proof);
  json["proof_reason"] = loss.proof_reason;
  // True only when it is proved, false only when a loss is known; otherwise null.
  json["lossless"] = loss.lossless() ? Json(true) : loss.lossy() ? Json(false) : Json(nullptr);
  json["packets_received"] = loss.received;
  json["packets_dropped"] = loss.dropped;
  json["interface_dropped"] = loss.interface_dropped;
  json["packets_missing"] = loss.missing;
  json["disk_refused"] = loss.disk_refused;
  json["stripe"] = loss.stripe;
  json["stripes"] = loss.stripes;
  json["closed"] = close_name(loss.close_reason);
  json["rings"] = Json::array();
  for (const RingLoss& ring : loss.rings) {
    json["rings"].push_back({{"section", ring.section},
                             {"ring", ring.ring},
                             {"packets_received", ring.received},
                             {"packets_dropped", ring.dropped},
                             {"packets_of_file", ring.packets},
                             {"freezes", ring.freezes},
                             {"blocks", ring.blocks}});
  }
  const char* id = loss.source == LossSource::kLedger ? "ring" : "interface";
  json["spans"] = Json::array();
  for (const LossSpan& span : loss.spans) {
    json["spans"].push_back({{id, span.source_id},
                             {"from_ns", time_or_null(span.from_ns)},
                             {"to_ns", time_or_null(span.to_ns)},
                             {"packets", span.packets}});
  }
  json["spans_omitted"] = loss.spans_omitted;
  json["problems"] = loss.problems;
  return json;
}

}  // namespace

Json info_json(const RecordingSummary& summary) {
  Json json;
  json["file"] = summary.name;
  json["size_bytes"] = summary.size_bytes ? Json(*summary.size_bytes) : Json(nullptr);
  json["format"] = summary.format.kind == CaptureFormat::Kind::kPcapng ? "pcapng" : "pcap";
  json["variant"] = summary.format.variant;
  json["byte_order"] = byte_order_name(summary.format.byte_swapped);
  json["compression"] = compression_name(summary.format.compression);
  json["sections"] = sections_json(summary);
  json["interfaces"] = interfaces_json(summary);
  json["packets"] = summary.packets;
  json["captured_bytes"] = summary.captured_bytes;
  json["wire_bytes"] = summary.wire_bytes;
  json["truncated_packets"] = summary.truncated_packets;
  json["first_ns"] = summary.first_ns ? Json(*summary.first_ns) : Json(nullptr);
  json["last_ns"] = summary.last_ns ? Json(*summary.last_ns) : Json(nullptr);
  json["first_time"] = summary.first_ns ? Json(utc_time(*summary.first_ns)) : Json(nullptr);
  json["last_time"] = summary.last_ns ? Json(utc_time(*summary.last_ns)) : Json(nullptr);
  json["in_time_order"] = summary.in_time_order;
  json["duration_s"] = static_cast<double>(summary.duration_ns()) / 1e9;
  json["packets_per_second"] = summary.packets_per_second();
  json["bits_per_second"] = summary.bits_per_second();
  json["loss"] = loss_json(summary.loss);
  json["events"] = events_json(summary);
  json["events_omitted"] = summary.events_omitted;
  json["being_written"] = summary.being_written;
  json["end"] = {{"state", end_name(summary.end.kind)},
                 {"offset", summary.end.offset},
                 {"reason", summary.end.reason}};
  return json;
}

Json together_json(const TogetherReport& report) {
  const bool proved = report.proof == LossProof::kProved && !report.lossy();
  Json json;
  json["together"] = true;
  json["files"] = report.files;
  json["recordings"] = report.recordings;
  json["packets"] = report.packets;
  json["first_ns"] = report.first_ns ? Json(*report.first_ns) : Json(nullptr);
  json["last_ns"] = report.last_ns ? Json(*report.last_ns) : Json(nullptr);
  json["loss"] = {{"proof", proof_name(report.proof)},
                  {"proof_reasons", report.reasons},
                  {"lossless", proved           ? Json(true)
                               : report.lossy() ? Json(false)
                                                : Json(nullptr)},
                  {"packets_received", report.received},
                  {"packets_dropped", report.dropped},
                  {"interface_dropped", report.interface_dropped},
                  {"packets_missing", report.missing},
                  {"files_with_problems", report.problems},
                  {"not_read", report.unread}};
  return json;
}

}  // namespace capstan::tools
