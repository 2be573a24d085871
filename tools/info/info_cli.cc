#include "tools/info/info_cli.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/core/errors.h"
#include "tools/common/absent_flags.h"
#include "tools/common/command_line.h"

namespace capstan::tools {

namespace {

// What capinfos' flags are for, by its own letters.
struct FieldFlag {
  char letter;
  const char* text;
};
constexpr FieldFlag kFieldFlags[] = {
    {'t', "The type of the file"},
    {'E', "Its link types"},
    {'c', "The number of packets"},
    {'s', "The size of the file"},
    {'d', "The length of all packets together, on the wire"},
    {'l', "The snap length"},
    {'u', "The duration"},
    {'a', "The time of the first packet"},
    {'e', "The time of the last packet"},
    {'o', "Whether the packets are in the order of time"},
    {'y', "Bytes a second"},
    {'i', "Bits a second"},
    {'z', "Bytes a packet"},
    {'x', "Packets a second"},
    {'k', "The comment of the recording"},
    {'H', "SHA256, RIPEMD160 and SHA1 of the file"},
};

constexpr AbsentFlag kAbsent[] = {
    {"-n", false, "names are not resolved; 'capstan show' prints them"},
    {"-D", false, "secrets for decryption are kept by 'merge' and not counted"},
};
// Of what is always said, and of what capinfos does anyway.
constexpr const char* kHarmless[] = {"-I", "-F", "-K"};

struct RawFlags {
  bool all = false;
  bool no_header = false, with_header = false;
  bool tab = false, comma = false, space = false;
  bool no_quote = false, single_quote = false, double_quote = false;
  bool list = false;
  FieldOptions fields;
  bool given = false;
};

void add_capinfos_flags(CommandLine& app, RawFlags& raw) {
  const char* const group = "capinfos' flags: only what they name, as capinfos prints it";
  for (const FieldFlag& flag : kFieldFlags) {
    app.add_flag_callback(
           std::string("-") + flag.letter,
           [&raw, letter = flag.letter] { raw.fields.fields += letter; }, flag.text)
        .group(group);
  }
  app.add_flag("-T", raw.fields.table, "A table: a line a file, with a last line for all together")
      .group(group);
  app.add_flag("-L", raw.list, "A line for each (as without -T)").group(group);
  app.add_flag("-M", raw.fields.machine, "Bare numbers").group(group);
  app.add_flag("-S", raw.fields.seconds, "Times as seconds since 1970").group(group);
  app.add_flag("-R", raw.with_header, "-T with its first line (as it is)").group(group);
  app.add_flag("-r", raw.no_header, "-T without its first line").group(group);
  app.add_flag("-B", raw.tab, "-T with tabulators (as it is)").group(group);
  app.add_flag("-m", raw.comma, "-T with commas").group(group);
  app.add_flag("-b", raw.space, "-T with blanks").group(group);
  app.add_flag("-N", raw.no_quote, "-T without quotation marks (as it is)").group(group);
  app.add_flag("-q", raw.single_quote, "-T in single quotation marks").group(group);
  app.add_flag("-Q", raw.double_quote, "-T in double quotation marks").group(group);
}

// -A with fields of a table is all of them; by itself it is --all.
void understand(RawFlags& raw, InfoCommandLine& line) {
  if (raw.fields.table && raw.list) throw UsageError("-T and -L exclude each other");
  raw.given = raw.fields.table || raw.list || raw.fields.machine || !raw.fields.fields.empty();
  line.all = line.all || raw.all;
  if (!raw.given) return;
  if (line.json) throw UsageError("--json and capinfos' flags exclude each other");
  if (raw.all) raw.fields.fields.clear();
  // Hashes take a second reading of the file: only where they are asked for.
  if (raw.fields.fields.empty() && !raw.all) {
    raw.fields.fields = all_fields();
    std::erase(raw.fields.fields, 'H');
  }
  raw.fields.header = !raw.no_header;
  if (raw.comma) raw.fields.separator = ',';
  if (raw.space) raw.fields.separator = ' ';
  if (raw.single_quote) raw.fields.quote = "'";
  if (raw.double_quote) raw.fields.quote = "\"";
  line.fields = raw.fields;
}

}  // namespace

std::optional<InfoCommandLine> parse_info_command_line(int argc, const char* const* argv) {
  InfoCommandLine line;
  RawFlags raw;
  CommandLine app("Say what is in a recording, and what is missing from it", "capstan info");
  app.add_option(
         "file", line.files,
         "pcap or pcapng files, .gz and .zst too, or directories of them; - is standard input")
      .required();
  app.add_flag("--json", line.json, "One JSON object a file (man capstan-info lists the keys)");
  app.add_flag("--all", line.all, "List every interface and every lost span, not the first ten");
  app.add_flag("-A", raw.all, "The same; with -T or -L every field, hashes too");
  app.add_flag("--together", line.together,
               "With --json: one more object on all files together (without it always printed)");
  app.add_flag("--fail-on-loss", line.fail_on_loss,
               "Exit with 3 when packets were lost, or it is not known that none were");
  app.add_flag("-C", line.stop_at_error, "End at the first file that cannot be read");
  add_capinfos_flags(app, raw);
  add_absent_flags(app, kAbsent, "capinfos'", "capstan info");
  add_harmless_flags(app, kHarmless);
  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  if (std::count(line.files.begin(), line.files.end(), "-") > 1) {
    throw UsageError("standard input can be read only once");
  }
  understand(raw, line);
  return line;
}

}  // namespace capstan::tools
