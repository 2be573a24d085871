// The command line of `capstan extcap`, which Wireshark types.
//
// doc/extcap.adoc and extcap.c of Wireshark 4: a call asks one thing of one interface, and answers
// on standard output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace capstan::tools {

enum class ExtcapWish : std::uint8_t {
  kInterfaces,    // --extcap-interfaces
  kDlts,          // --extcap-dlts: the link types of an interface
  kConfig,        // --extcap-config: its dialog
  kReloadOption,  // --extcap-reload-option: the choices of one field of it
  kCheckFilter,   // --extcap-capture-filter without --capture
  kCapture,       // --capture
};

struct ExtcapCommandLine {
  ExtcapWish wish = ExtcapWish::kInterfaces;
  std::string interface;
  std::string fifo;
  std::string filter;       // --extcap-capture-filter
  std::string control_in;   // what the toolbar's user does; empty: there is no toolbar
  std::string control_out;  // what the toolbar shows

  // The fields of a link's dialog, as `capstan record` has them.
  std::string buffer_size;
  std::string snapshot_length;
  bool no_promiscuous = false;
  // Of a recording directory's, as `capstan query` has them.
  std::string directory;
  std::string since;
  std::string until;
  std::string last;
  std::string query_filter;  // "--filter", beside Wireshark's own field for it
  bool inner = false;
};

// Whether `argument`, the first one of the program, is Wireshark's: its extcap folder holds a link
// to the program, which is then called without a command.
bool is_extcap_call(const std::string& argument) noexcept;

// nullopt: help was asked for, and is printed. Throws UsageError.
std::optional<ExtcapCommandLine> parse_extcap_command_line(int argc, char** argv);

}  // namespace capstan::tools
