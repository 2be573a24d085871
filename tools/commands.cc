#include "tools/commands.h"

#include "tools/audit/audit_command.h"
#include "tools/bench/bench_command.h"
#include "tools/blast/blast_command.h"
#include "tools/doctor/doctor_command.h"
#include "tools/extcap/extcap_command.h"
#include "tools/flows/flows_command.h"
#include "tools/index/index_command.h"
#include "tools/info/info_command.h"
#include "tools/merge/merge_command.h"
#include "tools/query/query_command.h"
#include "tools/record/record_command.h"
#include "tools/repair/repair_command.h"
#include "tools/serve/serve_command.h"
#include "tools/ship/ship_command.h"
#include "tools/show/show_command.h"
#include "tools/status/status_command.h"
#include "tools/verify/verify_command.h"

namespace capstan::tools {

namespace {

// In the order --help lists them. One line a command: its function is declared here and defined in
// <command>_command.cc.
constexpr Command kCommands[] = {
    {"record", "record packets to disk at line rate", record_command},
    {"audit", "is every login on this link encrypted?", audit_command},
    {"bench", "find the rate at which this machine begins to lose packets", bench_command},
    {"blast", "send numbered test traffic at a wanted rate", blast_command},
    {"index", "make the indexes by which recordings are searched", index_command},
    {"info", "what is in a recording, and what is missing from it", info_command},
    {"flows", "the conversations of recordings, from their indexes", flows_command},
    {"merge", "make one recording of several, in the order of time", merge_command},
    {"query", "find packets in recordings, and say whether they are all there were", query_command},
    {"serve", "recordings in a browser and over an API", serve_command},
    {"ship", "what indexes know, to an engine that answers for many sensors", ship_command},
    {"show", "packets as lines, with tcpdump's flags, live or from files", show_command},
    {"status", "what running recorders have done so far", status_command},
    {"verify", "say what recordings of blast's traffic lack", verify_command},
    {"repair", "make a recording that a crash cut short whole again", repair_command},
    {"doctor", "what here will cost packets, and the command that mends it", doctor_command},
    {"extcap", "links and recordings as interfaces of Wireshark's", extcap_command},
    {nullptr, nullptr, nullptr},
};

}  // namespace

std::span<const Command> commands() {
  return {kCommands, sizeof(kCommands) / sizeof(kCommands[0]) - 1};
}

}  // namespace capstan::tools
