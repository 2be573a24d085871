#include "engine/format/part_name.h"

#include <filesystem>
#include <string_view>

namespace capstan {

namespace {

constexpr std::string_view kPrefix = ".";
constexpr std::string_view kSuffix = ".part";

std::string hidden_path(const std::string& path, std::string_view suffix) {
  const std::filesystem::path whole(path);
  std::string name(kPrefix);
  name += whole.filename().string();
  name += suffix;
  return (whole.parent_path() / name).string();
}

}  // namespace

std::string part_path(const std::string& path) { return hidden_path(path, kSuffix); }

std::string new_path(const std::string& path) { return hidden_path(path, ".new"); }

std::string finished_path(const std::string& path) {
  const std::filesystem::path whole(path);
  const std::string name = whole.filename().string();
  if (name.size() <= kPrefix.size() + kSuffix.size() || !name.starts_with(kPrefix) ||
      !name.ends_with(kSuffix)) {
    return {};
  }
  const std::string bare =
      name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
  return (whole.parent_path() / bare).string();
}

std::string directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

}  // namespace capstan
