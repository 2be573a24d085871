// Checks the outputs named on a command line: each must be a file of its own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/reader/recording_set.h"

namespace capstan::tools {

struct NamedOutput {
  std::string_view option;  // "--html"
  std::string path;         // empty: not requested; "-": standard output
};

// Returns a sentence for each output that is the same as another output or as one of `inputs`: the
// same name, another name of the same file, or standard output twice. Devices such as /dev/null may
// be named several times.
std::vector<std::string> output_problems(std::span<const NamedOutput> outputs,
                                         std::span<const std::string> inputs = {});
// Throws UsageError if one of `outputs` is one of the files of `set`, under whatever name, so that
// no recording is truncated or written into. Files of a directory that are no recordings, such as
// an older report, may be outputs. To be called before the first of them is opened: what is named
// on the command line may be a directory, whose files only a RecordingSet knows.
void refuse_to_overwrite(std::span<const NamedOutput> outputs, const RecordingSet& set);
// Throws the sentences of output_problems() as a UsageError, if there are any.
void check_outputs(std::span<const NamedOutput> outputs, std::span<const std::string> inputs = {});

}  // namespace capstan::tools
