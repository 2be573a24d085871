// SystemTree: /proc and /sys under a root of one's choice, so that tests can feed trees of files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace capstan::tools {

class SystemTree {
 public:
  // `root` stands before every path; empty: this machine's own.
  explicit SystemTree(std::string root = {}) : root_(std::move(root)) {}

  // A file's text without white space at its end. Empty: no such file, or not readable.
  std::optional<std::string> text(const std::string& path) const;
  std::optional<std::int64_t> number(const std::string& path) const;
  // The number behind "KEY:" at the start of a line, as in /proc/meminfo.
  std::optional<std::int64_t> keyed_number(const std::string& path, const std::string& key) const;
  // The text behind "KEY" and white space at the start of a line, as in /proc/self/status.
  std::optional<std::string> keyed_text(const std::string& path, const std::string& key) const;
  // Names in a directory, ascending; none when there is no such directory.
  std::vector<std::string> names(const std::string& path) const;
  bool exists(const std::string& path) const;

 private:
  std::string root_;
};

}  // namespace capstan::tools
