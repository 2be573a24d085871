// The answers of `capstan extcap` to Wireshark: sentences of the form "interface
// {value=...}{display=...}".
#pragma once

#include <string>
#include <string_view>

namespace capstan::tools {

// The interface that stands for recordings. Links have the names "capstan-NAME".
inline constexpr std::string_view kRecordingsInterface = "capstan.recordings";
// The directory into which the systemd unit records.
inline constexpr std::string_view kRecordingsDirectory = "/var/lib/capstan";
// The control number of the toolbar's log.
inline constexpr int kLogControl = 0;

// Returns the link that one of our interface names stands for; empty: recordings. Throws UsageError
// for other names. Does not check whether the link exists.
std::string link_of(const std::string& interface);

// All interfaces and the toolbar. Opens nothing and needs no privileges, because Wireshark asks
// each time it starts.
std::string interfaces_text();
// The link types. If the interface cannot be opened, from the type of its hardware.
std::string dlts_text(const std::string& interface);
// The fields of the dialog.
std::string config_text(const std::string& interface);
// Returns what is wrong with a filter; empty: nothing. Checked against the interface itself if it
// can be opened.
std::string filter_complaint(const std::string& interface, const std::string& filter);

}  // namespace capstan::tools
