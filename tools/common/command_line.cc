#include "tools/common/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/core/errors.h"
#include "tools/common/nearest_name.h"

namespace capstan::tools {

namespace {

// CLI11's words for what is left over name neither the option that was meant nor where to look.
std::string unexpected_text(const CLI::App& app) {
  std::vector<std::string> left = app.remaining();
  const auto option = std::find_if(left.begin(), left.end(), [](const std::string& word) {
    return word.size() > 1 && word[0] == '-';
  });
  if (option == left.end()) return fmt::format("not expected: {}", fmt::join(left, " "));
  const std::string name = option->substr(0, option->find('='));
  const std::string nearest =
      name.starts_with("--") ? nearest_name(name, option_names(app)) : std::string();
  return fmt::format("there is no option {}{}", name,
                     nearest.empty() ? "" : fmt::format("; is {} meant?", nearest));
}

}  // namespace

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* const option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

bool parse_command_line(CLI::App& app, int argc, const char* const* argv, std::string_view footer) {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::reverse(words.begin(), words.end());
  return parse_command_line(app, std::move(words), footer);
}

bool parse_command_line(CLI::App& app, std::vector<std::string> reversed_words,
                        std::string_view footer) {
  app.set_version_flag("--version", "capstan " CAPSTAN_VERSION, "Print the version and exit");
  try {
    app.parse(std::move(reversed_words));
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

}  // namespace capstan::tools
