// The command line of `capstan audit`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace capstan::tools {

struct AuditCommandLine {
  std::vector<std::string> files;       // -r; "-" is standard input
  std::vector<std::string> interfaces;  // -i
  std::string filter;
  std::optional<std::string> json;  // a file, "-" for standard output
  bool json_flows = true;
  std::string html;
  std::string evidence;
  bool evidence_unredacted = false;
  bool find_reuse = false;
  bool quiet = false;
  bool promiscuous = true;
  std::uint32_t max_flows = 262144;
  std::uint64_t memory_bytes = std::uint64_t{256} << 20;
  std::uint32_t bytes_per_direction = 16384;
  std::uint32_t rings = 1;
  std::uint64_t ring_bytes = std::uint64_t{64} << 20;
  double seconds = 0;             // live: stop after so long; 0: on a signal
  std::int64_t packet_limit = 0;  // 0: none
};

// Parses and checks. Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<AuditCommandLine> parse_audit_command_line(int argc, const char* const* argv);

}  // namespace capstan::tools
