#include "tools/doctor/system_tree.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/core/directory_entries.h"

namespace capstan::tools {

namespace {

constexpr const char* kWhiteSpace = " \t\n";

std::optional<std::int64_t> to_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> SystemTree::text(const std::string& path) const {
  std::ifstream in(root_ + path);
  std::ostringstream all;
  // Some attributes open and then refuse to be read (speed of a link that is down).
  if (!in || !(all << in.rdbuf())) return std::nullopt;
  std::string text = all.str();
  text.erase(text.find_last_not_of(kWhiteSpace) + 1);
  return text;
}

std::optional<std::int64_t> SystemTree::number(const std::string& path) const {
  const auto found = text(path);
  return found ? to_number(*found) : std::nullopt;
}

std::optional<std::string> SystemTree::keyed_text(const std::string& path,
                                                  const std::string& key) const {
  std::istringstream lines(text(path).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t at = line.find_first_not_of(kWhiteSpace, key.size());
    return at == std::string::npos ? std::string() : line.substr(at);
  }
  return std::nullopt;
}

std::optional<std::int64_t> SystemTree::keyed_number(const std::string& path,
                                                     const std::string& key) const {
  const auto found = keyed_text(path, key + ":");
  return found ? to_number(*found) : std::nullopt;
}

std::vector<std::string> SystemTree::names(const std::string& path) const {
  std::vector<std::string> found;
  static_cast<void>(for_each_entry(root_ + path, [&found](const auto& entry) {
    found.push_back(entry.path().filename().string());
  }));
  std::sort(found.begin(), found.end());
  return found;
}

bool SystemTree::exists(const std::string& path) const {
  std::error_code ignored;
  return std::filesystem::exists(root_ + path, ignored);
}

}  // namespace capstan::tools
