// Options of `capstan record` from TOML files.
#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/errors.h"
#include "tests/support/temp_dir.h"
#include "tools/record/record_cli.h"

namespace capstan::tools {
namespace {

class ConfigFile : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    return directory_.write(name,
                            {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  static RecordOptions parse(std::vector<std::string> words) {
    words.insert(words.begin(), "record");
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    return parse_record_command_line(static_cast<int>(pointers.size()), pointers.data())->options;
  }
  std::string complaint(const std::string& text) const {
    const std::string path = write("bad.toml", text);
    try {
      parse({"-i", "lo", "-w", "x.pcapng", "--config", path});
    } catch (const UsageError& error) {
      const std::string said = error.what();
      return said.starts_with(path) ? said.substr(path.size()) : said;
    }
    return "nothing";
  }

  test::TempDir directory_;
};

TEST_F(ConfigFile, SaysWhatTheCommandLineWould) {
  const std::string path = write("all.toml",
                                 "interface = [\"eth0\", \"eth1\"]\n"
                                 "write = \"week.pcapng\"\n"
                                 "buffer-size = 512   # MiB\n"
                                 "ring-buffer = [\"duration:900\", \"files:100\"]\n"
                                 "keep = \"7d\"\n"
                                 "rings = 2\n"
                                 "stats-interval = 2.5\n"
                                 "fail-on-loss = true\n"
                                 "no-promiscuous-mode = false\n"
                                 "index = false\n"
                                 "filter = \"tcp port 25 or 110\"\n");
  const RecordOptions options = parse({"--config", path});
  EXPECT_EQ(options.capture.interfaces, (std::vector<std::string>{"eth0", "eth1"}));
  EXPECT_EQ(options.files, std::vector<std::string>{"week.pcapng"});
  EXPECT_EQ(options.capture.ring_size_bytes, 512U << 20);
  EXPECT_EQ(options.rotation.duration_ns, 900'000'000'000U);
  EXPECT_EQ(options.retention.files, 100U);
  EXPECT_EQ(options.capture.rings_per_interface, 2U);
  EXPECT_EQ(options.stats_interval_ns, 2'500'000'000U);
  EXPECT_TRUE(options.fail_on_loss);
  EXPECT_TRUE(options.capture.promiscuous);
  EXPECT_EQ(options.index, false);
  EXPECT_EQ(options.capture.filter, "tcp port 25 or 110");
}

TEST_F(ConfigFile, TheCommandLineComesFirstAndTheLastFileBeforeOthers) {
  const std::string one =
      write("one.toml", "buffer-size = 64\nrings = 2\nfilter = \"udp\"\nG = 900\n");
  const std::string two = write("two.toml", "rings = 3\n");
  RecordOptions options = parse({"-i", "lo", "-w", "x.pcapng", "--config", one, "--config=" + two,
                                 "-B", "16", "tcp", "port", "25"});
  EXPECT_EQ(options.capture.ring_size_bytes, 16U << 20);
  EXPECT_EQ(options.capture.rings_per_interface, 3U);
  EXPECT_EQ(options.capture.filter, "tcp port 25");
  EXPECT_EQ(options.rotation.duration_ns, 900'000'000'000U);
  options = parse({"-i", "lo", "-w", "x.pcapng", "--config", two, "--config", one});
  EXPECT_EQ(options.capture.rings_per_interface, 2U);
  EXPECT_EQ(options.capture.filter, "udp");
}

TEST_F(ConfigFile, OneThatMayBeMissingMay) {
  const std::string none = directory_.path() / "none.toml";
  EXPECT_EQ(parse({"-i", "lo", "-w", "x.pcapng", "--config", "-" + none}).files.size(), 1U);
  EXPECT_THROW(parse({"-i", "lo", "-w", "x.pcapng", "--config", none}), UsageError);
  EXPECT_THROW(parse({"-i", "lo", "-w", "x.pcapng", "--config", directory_.path()}), UsageError);
  EXPECT_THROW(parse({"-i", "lo", "-w", "x.pcapng", "--config="}), UsageError);
  // The word behind one whose value was forgotten.
  for (const char* word : {"-", "--", "--quiet"}) {
    EXPECT_THROW(parse({"-i", "lo", "-w", "x.pcapng", "--config", word}), UsageError) << word;
  }
}

TEST_F(ConfigFile, MistakesAreNamedWithTheirLine) {
  EXPECT_EQ(complaint("buffer-size = 64\n\nbufer-size = 12\n"),
            ":3: there is no option 'bufer-size'; is 'buffer-size' meant?");
  EXPECT_TRUE(complaint("[section]\nrings = 2\n").starts_with(":1: there is no option 'section'"));
  EXPECT_EQ(complaint("rings = 2\nquiet = \"yes\"\n"), ":2: 'quiet' is true or false");
  EXPECT_EQ(complaint("rings = nan\n"),
            ":1: 'rings' is a text: a number with a point goes in quotes");
  EXPECT_EQ(complaint("rings = 2\nwrite = []\n"),
            ":2: 'write' is an empty list: a line that is not there says the default");
  EXPECT_EQ(complaint("write = \"x\\u0000y\"\n"), ":1: 'write' has a NUL in it");
  EXPECT_EQ(complaint("rings = true\n"), ":1: 'rings' wants a text or a number here");
  EXPECT_EQ(complaint("rings = { a = 1 }\n"), ":1: 'rings' wants a text or a number here");
  EXPECT_EQ(complaint("keep = [\"7d\", [\"b\"]]\n"), ":1: 'keep' wants a text or a number here");
  EXPECT_TRUE(complaint("rings = 2\nrings = 3\n").starts_with(":2: "));
  EXPECT_TRUE(complaint("rings = \n").starts_with(":1: "));
  EXPECT_TRUE(complaint("rings 2\n").starts_with(":1: "));
  EXPECT_TRUE(complaint("a = \"\xff\xfe\"\n").starts_with(":1: "));
}

// What ends the recorder at once, or is no option of a recording, would end a service at each of
// its starts.
TEST_F(ConfigFile, WhatIsForTheCommandLineAloneIsRefused) {
  EXPECT_EQ(complaint("rings = 2\nconfig = \"more.toml\"\n"),
            ":2: 'config' is for the command line: it cannot stand in a file");
  for (const char* ends : {"help", "h", "version", "D", "list-interfaces", "L",
                           "list-data-link-types", "J", "list-time-stamp-types", "d", "S"}) {
    EXPECT_EQ(complaint(std::string(ends) + " = true\n"),
              std::string(":1: '") + ends + "' is for the command line: it cannot stand in a file");
  }
  // Every other flag of one letter leaves a recording a recording.
  for (char letter = 'A'; letter <= 'z'; ++letter) {
    if (std::isalpha(static_cast<unsigned char>(letter)) == 0) continue;
    const std::string path = write("flag.toml", std::string(1, letter) + " = true\n");
    std::vector<std::string> words = {"record", "-i", "lo", "-w", "x.pcapng", "--config", path};
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    try {
      const auto line =
          parse_record_command_line(static_cast<int>(pointers.size()), pointers.data());
      ASSERT_TRUE(line) << letter;
      EXPECT_EQ(line->instead, Instead::kNothing) << letter;
    } catch (const UsageError&) {
    }
  }
}

// A value that the option refuses is refused as on the command line, and its line is said; also
// where only several together are wrong.
TEST_F(ConfigFile, ValuesThatMeanNothingAreNamedWithTheirLine) {
  for (const auto& [line, said] : std::vector<std::pair<std::string, std::string>>{
           {"buffer-size = \"much\"", "-B 'much'"},
           {"count = 1.5", "--count"},
           {"count = -1", "-c -1 is not at least 1"},
           {"rings = [1, 2]", "--rings"},
           {"keep = \"soon\"", "--keep"},
           {"cpus = \"x\"", "'x'"},
           {"write = \"tcp-listen:x\"", "tcp-listen:x"},
           {"allow = \"x\"", "--allow"},
           {"metrics = \"x\"", "--metrics"},
           {"r = \"x\"", "-r"}}) {
    const std::string key = line.substr(0, line.find(' '));
    const std::string text = complaint("b = \"files:3\"\n" + line + "\nG = 900\n");
    EXPECT_TRUE(text.starts_with(":2: '" + key + "': ")) << line << ": " << text;
    EXPECT_NE(text.find(said), std::string::npos) << line << ": " << text;
  }
  EXPECT_TRUE(complaint("\nkeep = \"7d\"\n").starts_with(":2: 'keep': "));
  // What is wrong on the command line is not the file's.
  const std::string path = write("good.toml", "rings = 2\n");
  try {
    parse({"-i", "lo", "-w", "x", "-B", "much", "--config", path});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("-B 'much'")) << error.what();
  }
}

TEST_F(ConfigFile, AnEmptyTextIsNoValue) {
  EXPECT_EQ(complaint("rings = 2\nbuffer-size = \"\"\n"),
            ":2: 'buffer-size' is empty: a line that is not there says the default");
  EXPECT_EQ(complaint("b = [\"files:2\", \"\"]\n"),
            ":1: 'b' is empty: a line that is not there says the default");
  EXPECT_EQ(complaint("count = \"\"\n"),
            ":1: 'count' is empty: a line that is not there says the default");
  const std::string path = write("empty.toml", "capture-comment = \"\"\nfilter = \"\"\n");
  const RecordOptions options = parse({"--config", path, "-i", "lo", "-w", "x.pcapng"});
  EXPECT_EQ(options.comments, std::vector<std::string>{""});
  EXPECT_EQ(options.capture.filter, "");
  EXPECT_EQ(options.files, std::vector<std::string>{"x.pcapng"});
}

// The same on the command line: never the word that follows.
TEST_F(ConfigFile, AnEmptyValueOfTheCommandLineTakesNothingElse) {
  const RecordOptions options = parse({"--capture-comment=", "-i", "lo", "-w", "x.pcapng"});
  EXPECT_EQ(options.comments, std::vector<std::string>{""});
  EXPECT_EQ(options.capture.interfaces, std::vector<std::string>{"lo"});
  for (const char* word :
       {"--buffer-size=", "--count=", "--snaplen=", "--retire-ms=", "--rings="}) {
    EXPECT_THROW(parse({word, "-i", "lo", "-w", "x.pcapng"}), UsageError) << word;
  }
  EXPECT_EQ(parse({"-i", "lo", "-w", "x", "--", "--count="}).capture.filter, "--count=");
}

TEST_F(ConfigFile, AFilterIsTextWhateverItBeginsWith) {
  const std::vector<std::string> given = {"-i", "lo", "-w", "x.pcapng"};
  for (const std::string filter : {"-w/tmp/other", "-x", "--count=3", "--", "-h"}) {
    const std::string path = write("filter.toml", "filter = \"" + filter + "\"\n");
    const RecordOptions options = parse({"-i", "lo", "-w", "x.pcapng", "--config", path});
    EXPECT_EQ(options.capture.filter, filter);
    EXPECT_EQ(options.files, std::vector<std::string>{"x.pcapng"});
  }
  // dumpcap's -f is the filter too.
  const std::string path = write("filter.toml", "filter = \"udp\"\n");
  EXPECT_EQ(parse({"-i", "lo", "-w", "x", "-f", "tcp", "--config", path}).capture.filter, "tcp");
  EXPECT_EQ(complaint("f = \"tcp\"\nfilter = \"udp\"\n"),
            ":2: 'filter' is what 'f' says in line 1");
}

TEST_F(ConfigFile, OneOptionByTwoNamesIsRefused) {
  EXPECT_EQ(complaint("ring-buffer = \"files:2\"\nrings = 2\nb = \"duration:9\"\n"),
            ":3: 'b' is what 'ring-buffer' says in line 1");
  EXPECT_EQ(complaint("snaplen = 100\nsnapshot-length = 200\n"),
            ":2: 'snapshot-length' is what 'snaplen' says in line 1");
  EXPECT_EQ(complaint("index = true\nno-index = true\n"),
            ":2: 'no-index' is what 'index' says in line 1");
}

// The service has -i and -w on its command line.
TEST_F(ConfigFile, ConnectionsAreAddedToTheCommandLinesFilesAndNothingElseIs) {
  const std::string path = write("feed.toml", "write = [\"tcp-listen:57012\"]\n");
  const RecordOptions options = parse({"-i", "lo", "-w", "x.pcapng", "--config", path});
  EXPECT_EQ(options.files, std::vector<std::string>{"x.pcapng"});
  ASSERT_EQ(options.feed.targets.size(), 1U);
  EXPECT_EQ(options.feed.targets[0].text, "tcp-listen:57012");
  EXPECT_TRUE(
      complaint("\nwrite = [\"tcp-listen:57012\", \"other.pcapng\"]\n")
          .starts_with(":2: 'write' says other.pcapng, and --write is on the command line"));
  EXPECT_TRUE(
      complaint("interface = \"eth1\"\n")
          .starts_with(":1: 'interface' says eth1, and --interface is on the command line"));
}

TEST_F(ConfigFile, FilesThatNobodyWroteAreRefused) {
  std::string deep = "a";
  for (int i = 0; i < 50'000; ++i) deep += ".a";
  EXPECT_EQ(complaint("rings = 2\n" + deep + " = 1\n"), ":2: a key of more than 16 dots");
  EXPECT_EQ(complaint("\n\n[" + deep + "]\nb = 1\n"), ":3: a key of more than 16 dots");
  EXPECT_EQ(complaint("a = \"\"\"\n\\\"\"\"\"\n[[" + deep + "]]\n"),
            ":3: a key of more than 16 dots");
  EXPECT_TRUE(
      complaint("# " + deep + "\nfilter = '" + deep + "'\nbufer = 1\n").starts_with(":3: "));
  const std::string large = write("large.toml", std::string(10 << 20, 'a'));
  try {
    parse({"-i", "lo", "-w", "x", "--config", large});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()),
              "--config " + large + ": it has more than 1048576 bytes: is it the right file?");
  }
  try {
    parse({"-i", "lo", "-w", "x", "--config", "/proc/self/mem"});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()), "--config /proc/self/mem: Input/output error");
  }
}

}  // namespace
}  // namespace capstan::tools
