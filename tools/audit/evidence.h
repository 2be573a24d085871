// Evidence: writes a small pcap file for each finding, with secrets overwritten and checksums
// corrected.
#pragma once

#include <string>

#include "engine/audit/auditor.h"

namespace capstan::tools {

// Writes into one directory, which is created if it is missing, with access for the owner only
// (0700, files 0600).
class Evidence {
 public:
  // Throws std::system_error when the directory cannot be created.
  Evidence(std::string directory, bool unredacted);

  // Writes the session's packets if the session is a finding: a login in cleartext, or TLS that was
  // refused, stripped or weak. Throws std::system_error when writing fails.
  void session(const audit::SessionReport& report);
  std::uint64_t written() const noexcept { return written_; }

 private:
  std::string directory_;
  bool unredacted_;
  std::uint64_t written_ = 0;
};

// Overwrites with 'X' every byte of the packet's payload that is not known to be harmless
// (evidence_words.h), that was recognised as secret, or that the audit has not examined, and
// corrects the checksums of IP, TCP and UDP. Public for the tests.
void redact(audit::KeptPacket& packet, const audit::SessionReport& report);

}  // namespace capstan::tools
