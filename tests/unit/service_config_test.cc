// Options of `capstan serve` and `capstan ship` from TOML files, as their units read them.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/errors.h"
#include "tests/support/temp_dir.h"
#include "tools/serve/serve_cli.h"
#include "tools/ship/ship_cli.h"

namespace capstan {
namespace {

using Words = std::vector<std::string>;

class ServiceConfig : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    return directory_.write(name,
                            {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  template <typename Parse>
  static auto parse(Parse parse_line, Words words) {
    words.insert(words.begin(), "capstan");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return parse_line(static_cast<int>(argv.size()), argv.data());
  }
  // With the directory that a unit names on its command line.
  serve::ServeCommandLine serve(Words words) const {
    words.insert(words.begin(), directory_.path());
    return *parse(serve::parse_serve_command_line, std::move(words));
  }
  fleet::ShipCommandLine ship(Words words) const {
    words.insert(words.begin(), directory_.path());
    return *parse(fleet::parse_ship_command_line, std::move(words));
  }
  template <typename Read>
  static std::string refusal(const Read& read) {
    try {
      read();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "taken";
  }
  // What the example says when its comments that are options are options.
  static std::string example(const std::string& name) {
    std::ifstream file(CAPSTAN_EXAMPLES "/" + name);
    std::ostringstream text;
    for (std::string line; std::getline(file, line);) {
      const bool option = line.size() > 1 && line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';
      if (option) text << line.substr(1) << '\n';
    }
    return text.str();
  }

  test::TempDir directory_;
};

TEST_F(ServiceConfig, ServeDoesWhatItsFileSays) {
  const std::string path = write("serve.toml",
                                 "listen = \"127.0.0.1:9200\"\n"
                                 "max-seconds = 20\n"
                                 "max-bytes = \"1MiB\"\n"
                                 "host = [\"one\", \"two\"]\n"
                                 "access-log = \"none\"\n"
                                 "keep-privileges = true\n");
  serve::ServeCommandLine line = serve({"--config", path});
  EXPECT_EQ(line.listen.text, "127.0.0.1:9200");
  EXPECT_EQ(line.limits.seconds, 20U);
  EXPECT_EQ(line.limits.bytes, 1U << 20);
  EXPECT_EQ(line.hosts, (Words{"one", "two"}));
  EXPECT_TRUE(line.access_log.empty());
  EXPECT_TRUE(line.keep_privileges);
  EXPECT_EQ(line.directories, Words{directory_.path()});
  // The command line comes first, and of files the last; one that may be missing may.
  const std::string last = write("last.toml", "max-seconds = 30\n");
  line = serve({"--listen", "127.0.0.1:9300", "--config", path, "--config", last, "--config",
                "-" + last + ".not"});
  EXPECT_EQ(line.listen.text, "127.0.0.1:9300");
  EXPECT_EQ(line.limits.seconds, 30U);
}

TEST_F(ServiceConfig, ShipDoesWhatItsFileSays) {
  const std::string rows = directory_.path() / "rows";
  const std::string path =
      write("ship.toml", "to = \"file:" + rows + "\"\nsensor = \"berlin\"\nbatch-rows = 100\n");
  const fleet::ShipCommandLine line = ship({"--config", path, "--once"});
  ASSERT_TRUE(line.to);
  EXPECT_EQ(line.to->path, rows);
  EXPECT_EQ(line.sensor, "berlin");
  EXPECT_EQ(line.batch_rows, 100U);
  EXPECT_EQ(line.directory, directory_.path());
  EXPECT_TRUE(line.once);
}

TEST_F(ServiceConfig, MistakesAreNamedWithTheirLine) {
  const auto serves = [&](const std::string& text) {
    const std::string path = write("bad.toml", text);
    const std::string said = refusal([&] { serve({"--config", path}); });
    return said.starts_with(path) ? said.substr(path.size()) : said;
  };
  const auto ships = [&](const std::string& text) {
    const std::string path = write("bad.toml", text);
    const std::string said = refusal([&] { ship({"--config", path}); });
    return said.starts_with(path) ? said.substr(path.size()) : said;
  };
  EXPECT_EQ(serves("\nlisen = \"127.0.0.1:1\"\n"),
            ":2: there is no option 'lisen'; is 'listen' meant?");
  EXPECT_TRUE(serves("workers = 2\nlisten = \"x\"\n").starts_with(":2: 'listen': --listen x: "));
  EXPECT_TRUE(serves("max-seconds = 0\n").starts_with(":1: 'max-seconds': "));
  EXPECT_TRUE(serves("tls-cert = \"c\"\n").starts_with(":1: 'tls-cert': --tls-cert and "));
  EXPECT_TRUE(serves("directory = \"/data\"\n").starts_with(":1: there is no option 'directory'"));
  EXPECT_TRUE(serves("filter = \"tcp\"\n").starts_with(":1: there is no option 'filter'"));
  EXPECT_TRUE(serves("dialled = \"127.0.0.1:1\"\nsensor = \"x\"\n").starts_with(":2: 'sensor': "));
  EXPECT_TRUE(ships("to = \"ftp://x\"\n").starts_with(":1: 'to': "));
  EXPECT_TRUE(ships("to = \"file:rows\"\nsensor = \"a\\u0007b\"\n")
                  .starts_with(":2: 'sensor': --sensor: "));
  EXPECT_TRUE(ships("to = \"clickhouse+https://h/d\"\ntls-ca = \"/nowhere/ca\"\n")
                  .starts_with(":2: 'tls-ca': --tls-ca /nowhere/ca: "));
  EXPECT_TRUE(
      ships("to = \"file:rows\"\nkafka-config = \"k\"\n").starts_with(":2: 'kafka-config': "));
  EXPECT_TRUE(ships("to = \"file:/nowhere/rows\"\n").starts_with(":1: 'to': --to: /nowhere: "));
  // 20.10 would be 20.1.
  EXPECT_TRUE(ships("to = \"file:rows\"\nserver-version = 20.10\n")
                  .starts_with(":2: 'server-version' is a text: "));
  EXPECT_TRUE(ships("user = \"fleet\"\nto = \"file:rows\"\n").starts_with(":1: 'user': --user, "));
  for (const char* alone : {"adopt", "create-schema", "print-schema", "config"}) {
    EXPECT_EQ(
        ships(std::string(alone) + " = true\n"),
        std::string(":1: '") + alone + "' is for the command line: it cannot stand in a file");
  }
  // Of the command line, and not of the file.
  const std::string good = write("good.toml", "workers = 2\n");
  EXPECT_TRUE(refusal([&] {
                serve({"--listen", "x", "--config", good});
              }).starts_with("--listen x: "));
  EXPECT_TRUE(refusal([&] {
                ship({"--config", write("none.toml", "audit = true\n")});
              }).starts_with("--to is missing"));
  const std::string tls =
      write("tls.toml", "listen = \"[::]:1\"\ntls-cert = \"c\"\ntls-key = \"k\"\n");
  EXPECT_TRUE(refusal([&] {
                parse(serve::parse_serve_command_line, {"/nonexistent", "--config", tls});
              }).starts_with("/nonexistent: "));
  const std::string dial = write("dial.toml", "dial = \"h:1\"\nsensor = \"x\"\n");
  EXPECT_TRUE(refusal([&] {
                serve({"--config", dial, "--max-bytes", "junk"});
              }).starts_with("--max-bytes junk"));
}

// What is found when the files that it names are opened.
TEST_F(ServiceConfig, MistakesThatAreFoundLaterHaveTheirLineToo) {
  const std::string path = write("serve.toml", "workers = 2\ntoken-file = \"/nowhere/tokens\"\n");
  const serve::ServeCommandLine line = serve({"--config", path});
  EXPECT_EQ(refusal([&] {
              tools::naming_places(line.entries, [] {
                throw UsageError("--token-file /nowhere/tokens: No such file or directory");
              });
            }),
            path + ":2: 'token-file': --token-file /nowhere/tokens: No such file or directory");
  EXPECT_EQ(refusal([&] {
              tools::naming_places(line.entries, [] { throw UsageError("x: --workers"); });
            }),
            "x: --workers");
}

TEST_F(ServiceConfig, ExamplesAreTaken) {
  const serve::ServeCommandLine served =
      serve({"--config", write("serve.toml", example("serve-example.toml"))});
  EXPECT_FALSE(served.tls_certificate.empty());
  EXPECT_TRUE(served.metrics);
  const std::string secret = write("ship.password", "secret\n");
  ASSERT_EQ(::chmod(secret.c_str(), 0600), 0);
  const fleet::ShipCommandLine shipped = ship(
      {"--password-file", secret, "--config", write("ship.toml", example("ship-example.toml"))});
  EXPECT_EQ(shipped.user, "fleet");
  EXPECT_TRUE(shipped.audit);
}

}  // namespace
}  // namespace capstan
