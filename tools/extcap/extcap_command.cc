#include "tools/extcap/extcap_command.h"

#include <fmt/format.h>

#include "tools/common/exit_status.h"
#include "tools/extcap/extcap_capture.h"
#include "tools/extcap/extcap_cli.h"
#include "tools/extcap/extcap_sentences.h"

namespace capstan::tools {

int extcap_command(int argc, char** argv) {
  const auto line = parse_extcap_command_line(argc, argv);
  if (!line) return kExitDone;
  switch (line->wish) {
    case ExtcapWish::kInterfaces:
      fmt::print("{}", interfaces_text());
      return kExitDone;
    case ExtcapWish::kDlts:
      fmt::print("{}", dlts_text(line->interface));
      return kExitDone;
    case ExtcapWish::kConfig:
      fmt::print("{}", config_text(line->interface));
      return kExitDone;
    case ExtcapWish::kReloadOption:
      link_of(line->interface);  // no field of ours has choices, but the name is looked at
      return kExitDone;
    case ExtcapWish::kCheckFilter: {
      // Wireshark takes an empty answer for a good filter, any text for what is wrong with it, and
      // another status for not knowing (extcap.c, extcap_verify_capture_filter).
      const std::string complaint = filter_complaint(line->interface, line->filter);
      if (!complaint.empty()) fmt::print("{}\n", complaint);
      return kExitDone;
    }
    case ExtcapWish::kCapture:
      return capture_for_extcap(*line);
  }
  return kExitUsage;
}

}  // namespace capstan::tools
