// What `capstan extcap` answers Wireshark: its sentences, "interface {value=...}{display=...}".
#pragma once

#include <string>
#include <string_view>

namespace capstan::tools {

// The interface that stands for recordings. Links are "capstan-NAME".
inline constexpr std::string_view kRecordingsInterface = "capstan.recordings";
// Where the systemd unit records.
inline constexpr std::string_view kRecordingsDirectory = "/var/lib/capstan";
// The number of the toolbar's log.
inline constexpr int kLogControl = 0;

// The link that an interface name of ours stands for; empty: recordings. Throws UsageError for
// names that are none of ours. Whether such a link exists is not looked at.
std::string link_of(const std::string& interface);

// All interfaces and the toolbar. Opens nothing and needs no privileges: Wireshark asks at each of
// its starts.
std::string interfaces_text();
// The link types. Where the interface cannot be opened, what its hardware says.
std::string dlts_text(const std::string& interface);
// The fields of the dialog.
std::string config_text(const std::string& interface);
// What is wrong with a filter; empty: nothing. Against the interface itself where it can be opened.
std::string filter_complaint(const std::string& interface, const std::string& filter);

}  // namespace capstan::tools
