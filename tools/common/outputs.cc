#include "tools/common/outputs.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "engine/reader/capture_file.h"
#include "engine/reader/unreadable_file.h"

namespace capstan::tools {

namespace {

namespace fs = std::filesystem;

// A file that is there, or is to be made. Not a device, a pipe, a directory, standard output.
bool is_file(const std::string& path) {
  if (path.empty() || path == "-") return false;
  std::error_code ignored;
  const auto type = fs::status(path, ignored).type();
  return type == fs::file_type::regular || type == fs::file_type::not_found;
}

bool are_one_file(const std::string& one, const std::string& other) {
  if (!is_file(one) || !is_file(other)) return false;
  std::error_code ignored;
  if (fs::exists(one, ignored) && fs::exists(other, ignored)) {
    return fs::equivalent(one, other, ignored);
  }
  const fs::path first = fs::weakly_canonical(fs::absolute(one), ignored);
  return !first.empty() && first == fs::weakly_canonical(fs::absolute(other), ignored);
}

// A report of yesterday lies in the directory too, and may be replaced.
bool may_be_recording(const std::string& path) {
  try {
    static_cast<void>(CaptureFile::open(path, ReadManner::kGentle));
    return true;
  } catch (const UnreadableFile&) {
    return true;
  } catch (const UsageError&) {
    return false;
  }
}

}  // namespace

std::vector<std::string> output_problems(std::span<const NamedOutput> outputs,
                                         std::span<const std::string> inputs) {
  std::vector<std::string> problems;
  for (std::size_t place = 0; place < outputs.size(); ++place) {
    const NamedOutput& output = outputs[place];
    for (const NamedOutput& before : outputs.first(place)) {
      if (output.path == "-" && before.path == "-") {
        problems.push_back(
            fmt::format("{} - and {} - both want standard output", before.option, output.option));
      } else if (are_one_file(before.path, output.path)) {
        problems.push_back(fmt::format("{} {} and {} {} are one file", before.option, before.path,
                                       output.option, output.path));
      }
    }
    for (const std::string& input : inputs) {
      if (!are_one_file(input, output.path)) continue;
      problems.push_back(
          fmt::format("{} {}: this is one of the files to be read", output.option, output.path));
    }
  }
  return problems;
}

void refuse_to_overwrite(std::span<const NamedOutput> outputs, const RecordingSet& set) {
  for (const NamedOutput& output : outputs) {
    if (output.path.empty() || output.path == "-") continue;
    struct stat there {};
    if (::stat(output.path.c_str(), &there) != 0 || !S_ISREG(there.st_mode)) continue;
    for (const SetFile& file : set.files) {
      struct stat read {};
      if (::stat(file.path.c_str(), &read) != 0) continue;
      if (read.st_dev != there.st_dev || read.st_ino != there.st_ino) continue;
      if (!file.named && !may_be_recording(file.path)) continue;
      throw UsageError(
          fmt::format("{} {}: this is one of the files to be read", output.option, output.path));
    }
  }
}

void check_outputs(std::span<const NamedOutput> outputs, std::span<const std::string> inputs) {
  const std::vector<std::string> problems = output_problems(outputs, inputs);
  if (!problems.empty()) throw UsageError(joined(problems, "; "));
}

}  // namespace capstan::tools
