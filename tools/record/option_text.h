// The values of a recording's options as people type them, on a command line or in a file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/record/record_options.h"
#include "writers/recording/packet_file_writer.h"

namespace capstan::tools {

// The number `text` is, if it is positive and nothing follows.
std::optional<double> positive_number(std::string_view text);

// pcapng, pcap, pcap-ns (or nsecpcap).
std::optional<FileFormat> file_format_of(std::string_view text);
// As the recorder has it.
FileFormat file_format_of(PacketFileFormat format);
// What the names of the files end in, where they agree and are of one kind; else pcapng.
// Throws UsageError when they do not agree.
FileFormat file_format_by_ending(const std::vector<std::string>& files);
// auto, in-place, packed.
std::optional<Layout> layout_of(std::string_view text);
// stop, oldest, pause.
std::optional<OnFull> on_full_of(std::string_view text);

// These put what they read where it belongs; false: the text is none of theirs, nothing is changed.

// "500GB", "7d", "1000files" into the limit it is.
bool read_keep(const std::string& text, RetentionLimits& limits);
// "5%" or "20GB".
bool read_min_free(const std::string& text, RetentionLimits& limits);
// never, file, or 0.01 to 86400 seconds.
bool read_sync(std::string_view text, RecordOptions& options);

}  // namespace capstan::tools
