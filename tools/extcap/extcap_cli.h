// The command line of `capstan extcap`, which Wireshark writes.
//
// Source: doc/extcap.adoc and extcap.c of Wireshark 4: a call requests one thing about one
// interface, and the answer goes to standard output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace capstan::tools {

enum class ExtcapWish : std::uint8_t {
  kInterfaces,    // --extcap-interfaces
  kDlts,          // --extcap-dlts: the link types of an interface
  kConfig,        // --extcap-config: the dialog of an interface
  kReloadOption,  // --extcap-reload-option: the choices of one of its fields
  kCheckFilter,   // --extcap-capture-filter without --capture
  kCapture,       // --capture
};

struct ExtcapCommandLine {
  ExtcapWish wish = ExtcapWish::kInterfaces;
  std::string interface;
  std::string fifo;
  std::string filter;       // --extcap-capture-filter
  std::string control_in;   // what the user does in the toolbar; empty: no toolbar
  std::string control_out;  // what the toolbar shows

  // The fields in the dialog of a link, with the values that `capstan record` accepts.
  std::string buffer_size;
  std::string snapshot_length;
  bool no_promiscuous = false;
  // The fields for a directory of recordings, with the values that `capstan query` accepts.
  std::string directory;
  std::string since;
  std::string until;
  std::string last;
  std::string query_filter;  // "--filter", in addition to Wireshark's own filter field
  bool inner = false;
};

// Whether `argument`, the first one of the program, comes from Wireshark: its extcap folder
// contains a link to the program, which is then called without a command.
bool is_extcap_call(const std::string& argument) noexcept;

// Returns nullopt when help was requested and printed. Throws UsageError.
std::optional<ExtcapCommandLine> parse_extcap_command_line(int argc, char** argv);

}  // namespace capstan::tools
