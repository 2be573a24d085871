// SystemTree: reads /proc and /sys below a given root, so that tests can supply trees of files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace capstan::tools {

class SystemTree {
 public:
  // `root` is put before every path; empty: this machine's own files.
  explicit SystemTree(std::string root = {}) : root_(std::move(root)) {}

  // A file's text without white space at its end. Empty: the file does not exist or is not
  // readable.
  std::optional<std::string> text(const std::string& path) const;
  std::optional<std::int64_t> number(const std::string& path) const;
  // The number after "KEY:" at the start of a line, as in /proc/meminfo.
  std::optional<std::int64_t> keyed_number(const std::string& path, const std::string& key) const;
  // The text after "KEY" and white space at the start of a line, as in /proc/self/status.
  std::optional<std::string> keyed_text(const std::string& path, const std::string& key) const;
  // Names in a directory, ascending; none if the directory does not exist.
  std::vector<std::string> names(const std::string& path) const;
  bool exists(const std::string& path) const;

 private:
  std::string root_;
};

}  // namespace capstan::tools
