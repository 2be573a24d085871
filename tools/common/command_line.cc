#include "tools/common/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "engine/core/errors.h"
#include "engine/core/joined.h"
#include "tools/common/nearest_name.h"

namespace capstan::tools {

CommandOption& CommandOption::required() {
  option_->required();
  return *this;
}

CommandOption& CommandOption::allow_extra_args(bool allow) {
  option_->allow_extra_args(allow);
  return *this;
}

CommandOption& CommandOption::expected(int least, int most) {
  option_->expected(least, most);
  if (least == 0) may_be_empty();
  return *this;
}

namespace {

// Name of the check that each option with a value has.
constexpr const char* kNotEmpty = "not empty";

// CLI11 takes an empty word for the number 0.
void refuse_empty(CLI::Option& option) {
  option.check(
      [](const std::string& word) {
        return word.empty() ? "it is empty: leave it out, or give it a value" : "";
      },
      "", kNotEmpty);
}

}  // namespace

CommandOption& CommandOption::may_be_empty() {
  option_->get_validator(kNotEmpty)->active(false);
  return *this;
}

CommandOption& CommandOption::delimiter(char separator) {
  option_->delimiter(separator);
  return *this;
}

CommandOption& CommandOption::group(const std::string& name) {
  option_->group(name);
  return *this;
}

CommandOption& CommandOption::capture_default_str() {
  option_->capture_default_str();
  return *this;
}

CommandOption& CommandOption::range(int least, int most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption& CommandOption::range(std::uint32_t least, std::uint32_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption& CommandOption::range(std::uint64_t least, std::uint64_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption& CommandOption::range(double least, double most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption& CommandOption::positive() {
  option_->check(CLI::PositiveNumber);
  return *this;
}

CommandOption& CommandOption::one_of(const std::vector<std::string>& words) {
  option_->check(CLI::IsMember(words));
  return *this;
}

std::size_t CommandOption::count() const { return option_->count(); }

CommandLine::CommandLine(std::string description, std::string name)
    : app_(std::make_unique<CLI::App>(std::move(description), std::move(name))) {}
CommandLine::~CommandLine() = default;

template <OptionValue T>
CommandOption CommandLine::add_option(std::string names, T& value, std::string help) {
  CLI::Option* const option = app_->add_option(std::move(names), value, std::move(help));
  constexpr bool kIsText = OneOf<T, std::string, std::vector<std::string>>;
  // Words of a filter or of a search may be empty; names of files are looked at by who opens them.
  if (!kIsText || !option->get_positional()) refuse_empty(*option);
  return CommandOption(*option);
}

CommandOption CommandLine::add_option_function(std::string names,
                                               std::function<void(const std::string&)> when_given) {
  CLI::Option* const option =
      app_->add_option_function<std::string>(std::move(names), std::move(when_given));
  refuse_empty(*option);
  return CommandOption(*option);
}

template <FlagValue T>
CommandOption CommandLine::add_flag(std::string names, T& value, std::string help) {
  return CommandOption(*app_->add_flag(std::move(names), value, std::move(help)));
}

CommandOption CommandLine::add_flag(std::string names) {
  return CommandOption(*app_->add_flag(std::move(names)));
}

CommandOption CommandLine::add_flag_callback(std::string names, std::function<void()> when_given,
                                             std::string help) {
  return CommandOption(
      *app_->add_flag_callback(std::move(names), std::move(when_given), std::move(help)));
}

void CommandLine::set_help_flag(std::string names, const std::string& help) {
  app_->set_help_flag(std::move(names), help);
}

std::size_t CommandLine::count(const std::string& name) const { return app_->count(name); }

bool CommandLine::may_be_empty(const std::string& name) const {
  CLI::Option* const option = app_->get_option_no_throw(name);
  return option != nullptr && !option->get_positional() &&
         !option->get_validator(kNotEmpty)->get_active();
}

namespace {

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// CLI11's words for what is left over name neither the option that was meant nor where to look.
std::string unexpected_text(const CLI::App& app) {
  std::vector<std::string> left = app.remaining();
  const auto option = std::find_if(left.begin(), left.end(), [](const std::string& word) {
    return word.size() > 1 && word[0] == '-';
  });
  if (option == left.end()) return fmt::format("not expected: {}", joined(left, " "));
  const std::string name = option->substr(0, option->find('='));
  const std::string nearest =
      name.starts_with("--") ? nearest_name(name, names_of(app)) : std::string();
  return fmt::format("there is no option {}{}", name,
                     nearest.empty() ? "" : fmt::format("; is {} meant?", nearest));
}

// "--name=" is "--name" with an empty value, as getopt_long(3) has it. CLI11 takes it for "--name",
// whose value is the word that follows.
std::vector<std::string> with_empty_values(const CLI::App& app,
                                           std::vector<std::string> reversed_words) {
  std::vector<std::string> words;
  bool all_positional = false;
  for (auto word = reversed_words.rbegin(); word != reversed_words.rend(); ++word) {
    all_positional = all_positional || *word == "--";
    if (!all_positional && word->size() > 3 && word->starts_with("--") && word->ends_with('=')) {
      const std::string name = word->substr(0, word->size() - 1);
      const CLI::Option* const option = app.get_option_no_throw(name);
      if (option != nullptr && option->get_expected_max() != 0) {
        words.insert(words.end(), {name, std::string()});
        continue;
      }
    }
    words.push_back(std::move(*word));
  }
  std::reverse(words.begin(), words.end());
  return words;
}

bool parse(CLI::App& app, std::vector<std::string> reversed_words, std::string_view footer) {
  app.set_version_flag("--version", "capstan " CAPSTAN_VERSION, "Print the version and exit");
  try {
    app.parse(with_empty_values(app, std::move(reversed_words)));
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}{}", app.help(), footer);
    return false;
  } catch (const CLI::CallForVersion&) {
    fmt::print("capstan {}\n", CAPSTAN_VERSION);
    return false;
  } catch (const CLI::ExtrasError&) {
    throw UsageError(
        fmt::format("{} ('{} --help' lists the options)", unexpected_text(app), app.get_name()));
  } catch (const CLI::ParseError& error) {
    throw UsageError(
        fmt::format("{} ('{} --help' lists the options)", error.what(), app.get_name()));
  }
  return true;
}

}  // namespace

std::vector<std::string> option_names(const CommandLine& line) { return names_of(line.app()); }

bool parse_command_line(CommandLine& line, int argc, const char* const* argv,
                        std::string_view footer) {
  return parse_command_line(line.app(), argc, argv, footer);
}

bool parse_command_line(CommandLine& line, std::vector<std::string> reversed_words,
                        std::string_view footer) {
  return parse(line.app(), std::move(reversed_words), footer);
}

bool parse_command_line(CLI::App& app, int argc, const char* const* argv, std::string_view footer) {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::reverse(words.begin(), words.end());
  return parse(app, std::move(words), footer);
}

// ---- the types of values: OptionValue and FlagValue, one by one ----

template CommandOption CommandLine::add_option(std::string, std::string&, std::string);
template CommandOption CommandLine::add_option(std::string, int&, std::string);
template CommandOption CommandLine::add_option(std::string, std::uint16_t&, std::string);
template CommandOption CommandLine::add_option(std::string, std::uint32_t&, std::string);
template CommandOption CommandLine::add_option(std::string, std::int64_t&, std::string);
template CommandOption CommandLine::add_option(std::string, std::uint64_t&, std::string);
template CommandOption CommandLine::add_option(std::string, double&, std::string);
template CommandOption CommandLine::add_option(std::string, std::optional<std::int64_t>&,
                                               std::string);
template CommandOption CommandLine::add_option(std::string, std::vector<std::string>&, std::string);
template CommandOption CommandLine::add_option(std::string, std::vector<int>&, std::string);
template CommandOption CommandLine::add_option(std::string, std::vector<std::uint32_t>&,
                                               std::string);
template CommandOption CommandLine::add_option(std::string, std::vector<double>&, std::string);
template CommandOption CommandLine::add_flag(std::string, bool&, std::string);
template CommandOption CommandLine::add_flag(std::string, int&, std::string);

}  // namespace capstan::tools
