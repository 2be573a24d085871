// Evidence: a small pcap of each finding, its secrets overwritten and its checksums made good
// again.
#pragma once

#include <string>

#include "engine/audit/auditor.h"

namespace capstan::tools {

// Writes into one directory, which is made if need be, for the owner's eyes only (0700, files
// 0600).
class Evidence {
 public:
  // Throws std::system_error when the directory cannot be made.
  Evidence(std::string directory, bool unredacted);

  // Writes the session's packets if it is a finding: a login in the clear, or TLS refused, stripped
  // or weak. Throws std::system_error when it cannot be written.
  void session(const audit::SessionReport& report);
  std::uint64_t written() const noexcept { return written_; }

 private:
  std::string directory_;
  bool unredacted_;
  std::uint64_t written_ = 0;
};

// Overwrites with 'X' every byte of the packet's payload that is not known to be harmless
// (evidence_words.h), that was recognised as secret or that the audit has not examined, and repairs
// the checksums of IP, TCP and UDP. Exposed for the tests.
void redact(audit::KeptPacket& packet, const audit::SessionReport& report);

}  // namespace capstan::tools
