#include "tools/common/config_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <string_view>

#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/common/nearest_name.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace capstan::tools {

namespace {

// A key as it would be typed. Options of one letter alone are keys too: C, G, W.
std::string typed(const std::string& key) { return (key.size() == 1 ? "-" : "--") + key; }

[[noreturn]] void refuse(const std::string& path, const toml::source_region& where,
                         std::string_view what) {
  throw UsageError(fmt::format("{}:{}: {}", path, where.begin.line, what));
}

const CLI::Option& option_of(const CommandLine& app, const std::string& path,
                             const std::string& key, const toml::node& value) {
  const bool positional = key == "filter";
  const CLI::Option* option = app.app().get_option_no_throw(positional ? key : typed(key));
  if (option == nullptr || key == "config" || option == app.app().get_help_ptr() ||
      option == app.app().get_version_ptr()) {
    const std::string nearest = nearest_name(typed(key), option_names(app));
    refuse(path, value.source(),
           fmt::format("there is no option '{}'{}", key,
                       nearest.empty() ? "" : fmt::format("; is '{}' meant?", nearest.substr(2))));
  }
  return *option;
}

std::string text_of(const std::string& path, const std::string& key, const toml::node& value) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_integer()) return std::to_string(number->get());
  if (const auto* number = value.as_floating_point()) return fmt::format("{}", number->get());
  refuse(path, value.source(), fmt::format("'{}' wants a text or a number here", key));
}

// A flag's words: true is the flag, false its opposite where it has one.
void add_flag(const CLI::Option& option, const std::string& path, const std::string& key,
              const toml::node& value, std::vector<std::string>& words) {
  const auto* wanted = value.as_boolean();
  if (wanted == nullptr) refuse(path, value.source(), fmt::format("'{}' is true or false", key));
  if (wanted->get()) {
    words.push_back(typed(key));
  } else if (option.check_lname("no-" + key)) {
    words.push_back("--no-" + key);
  }
}

std::vector<std::string> words_of(const CLI::Option& option, const std::string& path,
                                  const std::string& key, const toml::node& value) {
  std::vector<std::string> words;
  if (key == "filter") return {text_of(path, key, value)};
  if (option.get_expected_max() == 0) {
    add_flag(option, path, key, value, words);
    return words;
  }
  const auto add = [&](const toml::node& one) {
    const std::string text = text_of(path, key, one);
    if (key.size() == 1) {
      words.insert(words.end(), {typed(key), text});
    } else {
      words.push_back(typed(key) + "=" + text);  // also a text that begins with a hyphen
    }
  };
  if (const toml::array* list = value.as_array()) {
    for (const toml::node& one : *list) add(one);
  } else {
    add(value);
  }
  return words;
}

}  // namespace

std::vector<std::string> config_words(const CommandLine& app,
                                      const std::vector<std::string>& files) {
  std::map<const CLI::Option*, std::vector<std::string>> by_option;
  for (const std::string& name : files) {
    if (name.empty() || name == "-") throw UsageError("--config wants the name of a file");
    const bool may_be_missing = name.front() == '-';
    const std::string path = may_be_missing ? name.substr(1) : name;
    if (may_be_missing && ::access(path.c_str(), F_OK) != 0 && errno == ENOENT) continue;
    if (::access(path.c_str(), R_OK) != 0) {
      throw UsageError(fmt::format("--config {}: {}", path, errno_text(errno)));
    }
    if (std::error_code ignored; std::filesystem::is_directory(path, ignored)) {
      throw UsageError(fmt::format("--config {}: it is a directory", path));
    }
    try {
      const toml::table table = toml::parse_file(path);
      for (const auto& [key_text, value] : table) {
        const std::string key(key_text.str());
        const CLI::Option& option = option_of(app, path, key, value);
        by_option[&option] = words_of(option, path, key, value);
      }
    } catch (const toml::parse_error& error) {
      refuse(path, error.source(), error.description());
    }
  }
  std::vector<std::string> words;
  std::vector<std::string> filter;
  for (const auto& [option, its_words] : by_option) {
    if (option->count() != 0) continue;
    auto& to = option->get_positional() ? filter : words;
    to.insert(to.end(), its_words.begin(), its_words.end());
  }
  words.insert(words.end(), filter.begin(), filter.end());
  return words;
}

}  // namespace capstan::tools
