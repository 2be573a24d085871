// The command line of every command: its options, and its parsing with help, version and errors.
// CLI11 does the work. Its templates take seconds to compile, so only command_line.cc has them, for
// the types of values that options have here.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace capstan::tools {

// What an option can set. A further type is added here and at the end of command_line.cc.
template <typename T, typename... Listed>
concept OneOf = (std::same_as<T, Listed> || ...);
template <typename T>
concept OptionValue =
    OneOf<T, std::string, int, std::uint16_t, std::uint32_t, std::int64_t, std::uint64_t, double,
          std::optional<std::int64_t>, std::vector<std::string>, std::vector<int>,
          std::vector<std::uint32_t>, std::vector<double>>;
// What a flag can set: whether it was given, or how often.
template <typename T>
concept FlagValue = OneOf<T, bool, int>;

// An option that has been added, to say more about it: CLI11's functions of the same names. Valid
// as long as its CommandLine.
class CommandOption {
 public:
  explicit CommandOption(CLI::Option& option) noexcept : option_(&option) {}

  CommandOption& required();
  // false: one value for each time it is given, not all the words that follow.
  CommandOption& allow_extra_args(bool allow);
  CommandOption& expected(int least, int most);  // least of 0, for text: it may be empty
  // An empty text is a value: as a rule it is an error, because a variable of a script was not set.
  CommandOption& may_be_empty();
  CommandOption& delimiter(char separator);
  // The heading in --help; an empty one hides the option.
  CommandOption& group(const std::string& name);
  // The value at this moment is the default that --help prints.
  CommandOption& capture_default_str();
  // A value outside of these limits, or none of these words, is an error of the command line.
  CommandOption& range(int least, int most);
  CommandOption& range(std::uint32_t least, std::uint32_t most);
  CommandOption& range(std::uint64_t least, std::uint64_t most);
  CommandOption& range(double least, double most);
  CommandOption& positive();
  CommandOption& one_of(const std::vector<std::string>& words);
  // How often it was given. To be called after parsing.
  std::size_t count() const;

 private:
  CLI::Option* option_;
};

// The options of one command. Values are borrowed: each must outlive the parsing.
class CommandLine {
 public:
  // `name`: "capstan record", as errors and help say it.
  CommandLine(std::string description, std::string name);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // `names`: "-i,--interface", or "file" for words without a flag. Names that are there already are
  // a fault of the program: CLI::OptionAlreadyAdded.
  template <OptionValue T>
  CommandOption add_option(std::string names, T& value, std::string help = {});
  CommandOption add_option_function(std::string names,
                                    std::function<void(const std::string&)> when_given);
  // "!--no-flows" sets false.
  template <FlagValue T>
  CommandOption add_flag(std::string names, T& value, std::string help);
  CommandOption add_flag(std::string names);
  CommandOption add_flag_callback(std::string names, std::function<void()> when_given,
                                  std::string help = {});
  void set_help_flag(std::string names, const std::string& help);

  // How often an option was given. To be called after parsing.
  std::size_t count(const std::string& name) const;
  // Whether an option of text, by one of its names, may have an empty one.
  bool may_be_empty(const std::string& name) const;

  CLI::App& app() noexcept { return *app_; }
  const CLI::App& app() const noexcept { return *app_; }

 private:
  std::unique_ptr<CLI::App> app_;
};

// Adds --version and parses. Returns false when help (with `footer` below it) or the version was
// requested and has been printed. Throws UsageError; for an unknown option the message names the
// nearest existing one.
bool parse_command_line(CommandLine& line, int argc, const char* const* argv,
                        std::string_view footer = {});
// The same for words without the command's name, in reversed order (as CLI11 takes them).
bool parse_command_line(CommandLine& line, std::vector<std::string> reversed_words,
                        std::string_view footer = {});

// The same for a command whose options are CLI11's own.
bool parse_command_line(CLI::App& app, int argc, const char* const* argv,
                        std::string_view footer = {});

// The long names of the options that --help lists, with their hyphens.
std::vector<std::string> option_names(const CommandLine& line);

}  // namespace capstan::tools
