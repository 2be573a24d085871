// Options of `capstan record` from TOML files.
#include <gtest/gtest.h>

#include <string>
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
}

TEST_F(ConfigFile, MistakesAreNamedWithTheirLine) {
  EXPECT_EQ(complaint("buffer-size = 64\n\nbufer-size = 12\n"),
            ":3: there is no option 'bufer-size'; is 'buffer-size' meant?");
  EXPECT_TRUE(complaint("[section]\nrings = 2\n").starts_with(":1: there is no option 'section'"));
  EXPECT_TRUE(complaint("config = \"more.toml\"\n").starts_with(":1: there is no option 'config'"));
  for (const char* ends : {"help", "h", "version"}) {
    EXPECT_TRUE(complaint(std::string(ends) + " = true\n").starts_with(":1: there is no option"))
        << ends << " would end the service at its start";
  }
  EXPECT_EQ(complaint("rings = 2\nquiet = \"yes\"\n"), ":2: 'quiet' is true or false");
  EXPECT_EQ(complaint("rings = true\n"), ":1: 'rings' wants a text or a number here");
  EXPECT_EQ(complaint("rings = { a = 1 }\n"), ":1: 'rings' wants a text or a number here");
  EXPECT_EQ(complaint("interface = [\"a\", [\"b\"]]\n"),
            ":1: 'interface' wants a text or a number here");
  EXPECT_TRUE(complaint("rings = 2\nrings = 3\n").starts_with(":2: "));
  EXPECT_TRUE(complaint("rings = \n").starts_with(":1: "));
  EXPECT_TRUE(complaint("rings 2\n").starts_with(":1: "));
  EXPECT_TRUE(complaint("a = \"\xff\xfe\"\n").starts_with(":1: "));
  // A value that the option refuses is refused as on the command line.
  EXPECT_NE(complaint("buffer-size = \"much\"\n").find("-B 'much'"), std::string::npos);
}

}  // namespace
}  // namespace capstan::tools
