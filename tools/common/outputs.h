// What a command line names to be written: each must be a file of its own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/reader/recording_set.h"

namespace capstan::tools {

struct NamedOutput {
  std::string_view option;  // "--html"
  std::string path;         // empty: not asked for; "-": standard output
};

// A sentence for each output that is another one, or one of `inputs`: the same name, another name
// of the same file, or standard output twice. Devices such as /dev/null may be named as often as
// one likes.
std::vector<std::string> output_problems(std::span<const NamedOutput> outputs,
                                         std::span<const std::string> inputs = {});
// `write_path` (empty or "-": none) is one of the files of `set`, by whatever name: throws
// UsageError, so that nothing is emptied before it was read.
void refuse_to_overwrite(const std::string& write_path, const RecordingSet& set);
// output_problems(), thrown as a UsageError.
void check_outputs(std::span<const NamedOutput> outputs, std::span<const std::string> inputs = {});

}  // namespace capstan::tools
