#include "tools/common/config_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <string_view>

#include "engine/core/errors.h"
#include "tools/common/command_line.h"
#include "tools/common/nearest_name.h"
#include "tools/common/toml_text.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace capstan::tools {

namespace {

// A key as it would be typed. Options of one letter alone are keys too: C, G, W.
std::string typed(const std::string& key) { return (key.size() == 1 ? "-" : "--") + key; }

class Reader {
 public:
  Reader(const CommandLine& app, const ConfigRules& rules) : app_(app), rules_(rules) {}

  // Throws UsageError, as everything below.
  void read(const std::string& path) {
    path_ = path;
    std::map<const CLI::Option*, const Key*> seen;
    const std::string text = read_toml_text("--config", path);
    try {
      const toml::table table = toml::parse(text, path);
      const std::vector<Key> keys = keys_of(table);
      for (const Key& key : keys) {
        const CLI::Option& option = option_of(key);
        const auto [before, first] = seen.emplace(&option, &key);
        if (!first) {
          refuse(*key.value,
                 fmt::format("'{}' is what '{}' says in line {}", key.name, before->second->name,
                             before->second->value->source().begin.line));
        }
        take(option, key);
      }
    } catch (const toml::parse_error& error) {
      throw UsageError(
          fmt::format("{}:{}: {}", path_, error.source().begin.line, error.description()));
    }
  }

  std::vector<ConfigEntry> entries() && {
    std::vector<ConfigEntry> all;
    for (auto& [option, entry] : entries_) all.push_back(std::move(entry));
    return all;
  }

 private:
  struct Key {
    std::string name;
    const toml::node* value;
  };

  // In the order of their lines: a table has them by name.
  static std::vector<Key> keys_of(const toml::table& table) {
    std::vector<Key> keys;
    for (const auto& [name, value] : table) keys.push_back({std::string(name.str()), &value});
    std::stable_sort(keys.begin(), keys.end(), [](const Key& one, const Key& other) {
      return one.value->source().begin.line < other.value->source().begin.line;
    });
    return keys;
  }

  [[noreturn]] void refuse(const toml::node& value, std::string_view what) const {
    throw UsageError(fmt::format("{}:{}: {}", path_, value.source().begin.line, what));
  }

  const CLI::Option* find(const std::string& name) const {
    return app_.app().get_option_no_throw(name);
  }

  const CLI::Option& option_of(const Key& key) const {
    const bool is_filter = key.name == "filter" || key.name == "f";
    const CLI::Option* const option = find(is_filter ? "filter" : typed(key.name));
    if (option == nullptr) {
      const std::string nearest = nearest_name(typed(key.name), option_names(app_));
      refuse(
          *key.value,
          fmt::format("there is no option '{}'{}", key.name,
                      nearest.empty() ? "" : fmt::format("; is '{}' meant?", nearest.substr(2))));
    }
    if (option == app_.app().get_help_ptr() || option == app_.app().get_version_ptr() ||
        std::any_of(rules_.never.begin(), rules_.never.end(),
                    [&](const char* name) { return option == find(name); })) {
      refuse(*key.value,
             fmt::format("'{}' is for the command line: it cannot stand in a file", key.name));
    }
    return *option;
  }

  void take(const CLI::Option& option, const Key& key) {
    ConfigEntry entry;
    entry.where = fmt::format("{}:{}", path_, key.value->source().begin.line);
    entry.key = key.name;
    const bool is_filter = option.get_positional();
    bool given = option.count() != 0;
    if (is_filter) {
      entry.filter = text_of(option, key, *key.value);
      const CLI::Option* const other = find("-f");
      given = given || (other != nullptr && other->count() != 0);
    } else if (option.get_expected_max() == 0) {
      entry.words = flag_words(option, key);
    } else if (const toml::array* const list = key.value->as_array()) {
      if (list->empty()) {
        refuse(*key.value,
               fmt::format("'{}' is an empty list: a line that is not there says the default",
                           key.name));
      }
      for (const toml::node& one : *list) add_value(option, key, one, entry.words);
    } else {
      add_value(option, key, *key.value, entry.words);
    }
    if (given && !may_be_added(option)) return;
    const auto same = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const auto& one) { return one.first == &option; });
    if (same != entries_.end()) entries_.erase(same);
    entries_.emplace_back(&option, std::move(entry));
  }

  const GivenOnce* once(const CLI::Option& option) const {
    const auto rule = std::find_if(rules_.once.begin(), rules_.once.end(),
                                   [&](const auto& one) { return find(one.option) == &option; });
    return rule == rules_.once.end() ? nullptr : &*rule;
  }
  bool may_be_added(const CLI::Option& option) const { return once(option) != nullptr; }

  std::string text_of(const CLI::Option& option, const Key& key, const toml::node& value) const {
    if (const auto* text = value.as_string()) {
      // Whoever reads it as C does would see less of it.
      if (text->get().find('\0') != std::string::npos) {
        refuse(value, fmt::format("'{}' has a NUL in it", key.name));
      }
      return text->get();
    }
    if (const auto* number = value.as_integer()) return std::to_string(number->get());
    if (const auto* number = value.as_floating_point()) {
      // Of 20.10 the number is 20.1, and what was written is not known any more.
      if (option.get_type_name() == "TEXT") {
        refuse(value,
               fmt::format("'{}' is a text: a number with a point goes in quotes", key.name));
      }
      return fmt::format("{}", number->get());
    }
    refuse(value, fmt::format("'{}' wants a text or a number here", key.name));
  }

  // A flag's words: true is the flag, false its opposite where it has one.
  std::vector<std::string> flag_words(const CLI::Option& option, const Key& key) const {
    const auto* const wanted = key.value->as_boolean();
    if (wanted == nullptr) refuse(*key.value, fmt::format("'{}' is true or false", key.name));
    if (wanted->get()) return {typed(key.name)};
    if (option.check_lname("no-" + key.name)) return {"--no-" + key.name};
    return {};
  }

  void add_value(const CLI::Option& option, const Key& key, const toml::node& value,
                 std::vector<std::string>& words) const {
    const std::string text = text_of(option, key, value);
    if (text.empty() && !app_.may_be_empty(typed(key.name))) {
      refuse(value,
             fmt::format("'{}' is empty: a line that is not there says the default", key.name));
    }
    const GivenOnce* const rule = once(option);
    if (rule != nullptr && option.count() != 0 && !rule->adds(text)) {
      refuse(value, fmt::format("'{}' says {}, and {} is on the command line: {}", key.name, text,
                                rule->option, rule->mend));
    }
    if (key.name.size() == 1 || text.empty()) {
      words.insert(words.end(), {typed(key.name), text});
    } else {
      words.push_back(typed(key.name) + "=" + text);  // also a text that begins with a hyphen
    }
  }

  const CommandLine& app_;
  const ConfigRules& rules_;
  std::string path_;  // that is read
  std::vector<std::pair<const CLI::Option*, ConfigEntry>> entries_;
};

}  // namespace

void add_config_option(CommandLine& app, std::vector<std::string>& files,
                       std::string_view example) {
  app.add_option("--config", files,
                 fmt::format("Options from this file too, in TOML: {}; a - in front of its name: "
                             "if it is there. The command line comes first; again: the last that "
                             "says it",
                             example))
      .allow_extra_args(false);
}

std::vector<ConfigEntry> config_entries(const CommandLine& app,
                                        const std::vector<std::string>& files,
                                        const ConfigRules& rules) {
  Reader reader(app, rules);
  for (const std::string& name : files) {
    // What follows it, where its own value was forgotten.
    if (name == "-" || name.starts_with("--")) {
      throw UsageError(
          fmt::format("--config wants the name of a file: {} is none (./{} would be)", name, name));
    }
    const bool may_be_missing = name.front() == '-';
    const std::string path = may_be_missing ? name.substr(1) : name;
    if (may_be_missing && ::access(path.c_str(), F_OK) != 0 && errno == ENOENT) continue;
    reader.read(path);
  }
  return std::move(reader).entries();
}

std::vector<std::string> with_entries(std::vector<std::string> reversed_words,
                                      std::span<const ConfigEntry> entries) {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    reversed_words.insert(reversed_words.end(), entry->words.rbegin(), entry->words.rend());
  }
  return reversed_words;
}

std::string with_place(const std::string& problem, std::span<const ConfigEntry> entries) {
  const std::string_view options = std::string_view(problem).substr(0, problem.find(':'));
  constexpr std::string_view kBetween = " ,";
  for (std::size_t at = 0; at < options.size();) {
    const std::size_t end = std::min(options.find_first_of(kBetween, at), options.size());
    const std::string_view word = options.substr(at, end - at);
    for (const ConfigEntry& entry : entries) {
      if (word == typed(entry.key)) {
        return fmt::format("{}: '{}': {}", entry.where, entry.key, problem);
      }
    }
    at = end + 1;
  }
  return problem;
}

void name_places(
    std::vector<std::string>& problems, const std::vector<ConfigEntry>& entries,
    const std::function<std::vector<std::string>(std::span<const ConfigEntry>)>& problems_of) {
  std::vector<std::vector<std::string>> without;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::vector<ConfigEntry> others = entries;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    without.push_back(problems_of(others));
  }
  for (std::string& problem : problems) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (std::count(without[i].begin(), without[i].end(), problem) != 0) continue;
      problem = fmt::format("{}: '{}': {}", entries[i].where, entries[i].key, problem);
      break;
    }
  }
}

}  // namespace capstan::tools
