// Reads the values of a recording's options as people type them, on a command line or in a file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/record/record_options.h"
#include "writers/recording/packet_file_writer.h"

namespace capstan::tools {

// Returns the number that `text` is, if it is positive and nothing follows it.
std::optional<double> positive_number(std::string_view text);

// Reads pcapng, pcap, pcap-ns (or nsecpcap).
std::optional<FileFormat> file_format_of(std::string_view text);
// Converts to the recorder's type.
FileFormat file_format_of(PacketFileFormat format);
// The format that the suffixes of the files' names mean, pcapng if they mean none. Throws
// UsageError when they differ in format.
FileFormat file_format_by_ending(const std::vector<std::string>& files);
// Reads auto, in-place, packed.
std::optional<Layout> layout_of(std::string_view text);
// Reads stop, oldest, pause.
std::optional<OnFull> on_full_of(std::string_view text);

// The following store the value where it belongs. They return false, and change nothing, if the
// text is not a valid value.

// Reads "500GB", "7d" or "1000files" into the corresponding limit.
bool read_keep(const std::string& text, RetentionLimits& limits);
// Reads "5%" or "20GB".
bool read_min_free(const std::string& text, RetentionLimits& limits);
// Reads never, file, or 0.01 to 86400 seconds.
bool read_sync(std::string_view text, RecordOptions& options);

}  // namespace capstan::tools
