// --tls, which no other program prints: the lines of hand-made records.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tools/text/ip/tcp_sequences.h"
#include "tools/text/printer.h"
#include "tools/text/protocols.h"

namespace capstan::text {
namespace {

std::string print(const std::vector<std::uint8_t>& bytes, int verbosity = 0, bool tls = true) {
  PrintOptions options;
  options.tls = tls;
  options.verbosity = verbosity;
  static const Names names;
  static TcpSequences sequences;
  Printer printer(options, names, sequences);
  printer.begin_packet();
  print_tls(printer, Input(printer, bytes.data(), bytes.size(), bytes.size()));
  printer.end_packet();
  return std::string(printer.out.view());
}

std::vector<std::uint8_t> client_hello() {
  std::vector<std::uint8_t> hello = {1, 0, 0, 0, 3, 3};
  hello.insert(hello.end(), 32, 7);  // random
  for (const int b : {0, 0, 2, 0x13, 1, 1, 0}) hello.push_back(static_cast<std::uint8_t>(b));
  const std::string host = "example.com";
  const auto size = static_cast<std::uint8_t>(host.size());
  for (const int b : {0, size + 9, 0, 0, 0, size + 5, 0, size + 3, 0, 0, +size})
    hello.push_back(static_cast<std::uint8_t>(b));
  hello.insert(hello.end(), host.begin(), host.end());
  hello[3] = static_cast<std::uint8_t>(hello.size() - 4);
  std::vector<std::uint8_t> record = {22, 3, 1, 0, static_cast<std::uint8_t>(hello.size())};
  record.insert(record.end(), hello.begin(), hello.end());
  return record;
}

TEST(TlsText, NamesRecordsAndMessages) {
  EXPECT_EQ(print(client_hello()), ": TLS 1.0 handshake client_hello, length 67");
  EXPECT_EQ(print(client_hello(), 1),
            ": TLS 1.0 handshake client_hello for example.com, length 67");
  EXPECT_EQ(print({20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 40, 0, 0, 0, 0, 0, 0, 0, 0}),
            ": TLS 1.2 change_cipher_spec, length 1; TLS 1.2 handshake encrypted, length 40");
  EXPECT_EQ(print({21, 3, 0, 0, 2, 2, 40}), ": SSL 3.0 alert fatal handshake_failure, length 2");
  EXPECT_EQ(print({21, 3, 3, 0, 26, 9}), ": TLS 1.2 alert encrypted, length 26");
  EXPECT_EQ(print({23, 3, 3, 1, 0, 9}), ": TLS 1.2 application_data, length 256");
}

TEST(TlsText, SaysNothingOfOtherBytes) {
  EXPECT_EQ(print({'G', 'E', 'T', ' ', '/', ' '}), "");
  EXPECT_EQ(print({22, 3, 3, 0xff, 0xff, 1}), "");
  EXPECT_EQ(print({22, 3}), "");
  EXPECT_EQ(print(client_hello(), 0, false), "");
}

TEST(TlsText, SurvivesEveryCutOfAHello) {
  const std::vector<std::uint8_t> whole = client_hello();
  for (std::size_t size = 5; size < whole.size(); ++size) {
    const std::vector<std::uint8_t> cut(whole.begin(),
                                        whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(print(cut, 1).starts_with(": TLS 1.0 handshake")) << size;
  }
}

}  // namespace
}  // namespace capstan::text
