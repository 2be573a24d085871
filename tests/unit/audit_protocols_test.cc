// The logins of databases, brokers, consoles and routers, each to its specification: in one piece,
// byte by byte, with the client's side alone, on a port that says nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/support/audit_dialogue.h"

namespace capstan::audit {
namespace {

using namespace test;
using std::string_literals::operator""s;

struct Case {
  const char* name;
  std::vector<Turn> turns;
  Protocol protocol;
  const char* user;
  const char* mechanism;
  SecretKind kind;
  std::uint32_t length;
  std::uint16_t port = 9999;
  bool client_alone = true;  // whether the client's side says as much by itself
};

constexpr auto kPlain = SecretKind::kPlain;
constexpr auto kHash = SecretKind::kHash;
constexpr auto kObfuscated = SecretKind::kObfuscated;
constexpr auto kToken = SecretKind::kToken;

std::string be(std::size_t value, int bytes) {
  std::string out;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift);
  return out;
}
std::string le(std::size_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}
std::string sized(const std::string& text) { return be(text.size(), 4) + text; }
std::string short_sized(const std::string& text) { return be(text.size(), 1) + text; }
std::string string16(const std::string& text) { return be(text.size(), 2) + text; }
std::string filled(const std::string& text, std::size_t size) {
  return text + std::string(size - text.size(), '\0');
}
const std::string kSaslPlain = "\0bob\0hunter2"s;  // RFC 4616

std::string amqp_method(std::size_t class_id, std::size_t method, const std::string& arguments) {
  const std::string body = be(class_id, 2) + be(method, 2) + arguments;
  return "\x01\0\0"s + sized(body) + "\xce"s;
}
std::string amqp_start_ok(const std::string& mechanism, const std::string& response) {
  return amqp_method(10, 11,
                     sized("") + short_sized(mechanism) + sized(response) + short_sized("en_US"));
}
std::string amqp1_frame(const std::string& performative) {
  return be(8 + performative.size(), 4) + "\x02\x01\0\0"s + performative;
}

std::string bson(const std::string& elements) {
  return le(4 + elements.size() + 1, 4) + elements + "\0"s;
}
std::string bson_string(const std::string& name, const std::string& value) {
  return "\x02"s + name + "\0"s + le(value.size() + 1, 4) + value + "\0"s;
}
std::string bson_binary(const std::string& name, const std::string& value) {
  return "\x05"s + name + "\0"s + le(value.size(), 4) + "\0"s + value;
}
std::string bson_int(const std::string& name, std::size_t value) {
  return "\x10"s + name + "\0"s + le(value, 4);
}
std::string mongo_message(const std::string& document) {
  const std::string body = le(0, 4) + "\0"s + document;
  return le(16 + body.size(), 4) + le(1, 4) + le(0, 4) + le(2013, 4) + body;
}
std::string mongo_query(const std::string& document) {
  const std::string body = le(0, 4) + "admin.$cmd\0"s + le(0, 4) + le(1, 4) + document;
  return le(16 + body.size(), 4) + le(1, 4) + le(0, 4) + le(2004, 4) + body;
}

std::string tds_packet(std::size_t type, const std::string& body) {
  return be(type, 1) + "\x01"s + be(8 + body.size(), 2) + "\0\0\x01\0"s + body;
}
std::string tds_prelogin(std::size_t encryption) {
  return tds_packet(0x12, "\0"s + be(11, 2) + be(6, 2) + "\x01"s + be(17, 2) + be(1, 2) + "\xff"s +
                              "\x0f\0\x07\xd0\0\0"s + be(encryption, 1));
}
std::string utf16(const std::string& text) {
  std::string out;
  for (const char c : text) out += std::string(1, c) + "\0"s;
  return out;
}
std::string tds_login7(const std::string& user, const std::string& password) {
  std::string scrambled = utf16(password);
  for (char& c : scrambled) {
    const auto byte = static_cast<std::uint8_t>(c);
    c = static_cast<char>(static_cast<std::uint8_t>(byte << 4 | byte >> 4) ^ 0xa5);
  }
  std::string head(94, '\0');
  const auto put = [&head](std::size_t at, std::size_t value) {
    head.replace(at, 2, le(value, 2));
  };
  const std::string data = utf16(user) + scrambled;
  put(40, 94);
  put(42, user.size());
  put(44, 94 + utf16(user).size());
  put(46, password.size());
  head.replace(0, 4, le(head.size() + data.size(), 4));
  head.replace(4, 4, "\x04\0\0\x74"s);
  return tds_packet(0x10, head + data);
}
std::string sybase_login() {
  std::string body(512, '\0');
  const auto put = [&body](std::size_t at, const std::string& text) {
    body.replace(at, text.size(), text);
    body[at + 30] = static_cast<char>(text.size());
  };
  put(0, "host");
  put(31, "bob");
  put(62, "hunter2");
  return tds_packet(0x02, body);
}

std::string tns_packet(std::size_t type, const std::string& body) {
  return be(8 + body.size(), 2) + "\0\0"s + be(type, 1) + "\0\0\0"s + body;
}
std::string tns_connect() {
  return tns_packet(1, be(315, 2) + be(300, 2) + std::string(46, '\0') + "(DESCRIPTION=)"s);
}

std::string memcached_request(std::size_t opcode, const std::string& key,
                              const std::string& value) {
  return "\x80"s + be(opcode, 1) + be(key.size(), 2) + "\0\0\0\0"s +
         be(key.size() + value.size(), 4) + std::string(12, '\0') + key + value;
}
std::string kafka_request(std::size_t key, std::size_t version, const std::string& body) {
  return sized(be(key, 2) + be(version, 2) + be(7, 4) + string16("rdkafka") + body);
}
std::string zookeeper_connect() {
  return sized(be(0, 4) + be(0, 8) + be(30000, 4) + be(0, 8) + sized(std::string(16, '\0')));
}
std::string smpp_bind(std::size_t command) {
  const std::string body = "bob\0hunter2\0\0\x34\0\0\0"s;
  return be(16 + body.size(), 4) + be(command, 4) + be(0, 4) + be(1, 4) + body;
}
std::string tacacs(std::size_t sequence, std::size_t flags, const std::string& body) {
  return "\xc0\x01"s + be(sequence, 1) + be(flags, 1) + be(0x1234, 4) + sized(body);
}
std::string tacacs_start(std::size_t type, const std::string& data) {
  return "\x01\x01"s + be(type, 1) + "\x01\x03\x04\x00"s + be(data.size(), 1) + "bobtty0"s + data;
}
std::string diameter_attribute(std::size_t code, const std::string& value) {
  return be(code, 4) + "\x40"s + be(8 + value.size(), 3) + value +
         std::string((4 - value.size() % 4) % 4, '\0');
}
std::string diameter(std::size_t command, const std::string& attributes) {
  return "\x01"s + be(20 + attributes.size(), 3) + "\x80"s + be(command, 3) + be(1, 4) + be(1, 4) +
         be(1, 4) + attributes;
}
std::string x11_setup(char order, const std::string& name, const std::string& data) {
  const auto number = [order](std::size_t value) {
    return order == 'B' ? be(value, 2) : le(value, 2);
  };
  const auto padded = [](std::string text) { return filled(text, (text.size() + 3) / 4 * 4); };
  return std::string(1, order) + "\0"s + number(11) + number(0) + number(name.size()) +
         number(data.size()) + "\0\0"s + padded(name) + padded(data);
}
std::string cql(std::size_t version, std::size_t opcode, const std::string& body) {
  return be(version, 1) + "\0"s + be(1, version <= 2 ? 1 : 2) + be(opcode, 1) + sized(body);
}
std::string drda(std::size_t code, const std::string& parameters) {
  const std::string inner = be(4 + parameters.size(), 2) + be(code, 2) + parameters;
  return be(6 + inner.size(), 2) + "\xd0\x01\0\x01"s + inner;
}
std::string ddm(std::size_t code, const std::string& value) {
  return be(4 + value.size(), 2) + be(code, 2) + value;
}

std::vector<Case> cases() {
  return {
      {"amqp 0-9-1",
       {c("AMQP\0\0\x09\x01"s), s(amqp_method(10, 10, "\0\x09"s)),
        c(amqp_start_ok("PLAIN", kSaslPlain))},
       Protocol::kAmqp,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"amqp 0-9-1, in the midst",
       {c(amqp_start_ok("PLAIN", kSaslPlain))},
       Protocol::kAmqp,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"amqp 0-9-1, a table",
       {c("AMQP\0\0\x09\x01"s),
        c(amqp_start_ok("AMQPLAIN", short_sized("LOGIN") + "S"s + sized("bob") +
                                        short_sized("PASSWORD") + "S"s + sized("hunter2")))},
       Protocol::kAmqp,
       "bob",
       "AMQPLAIN",
       kPlain,
       7},
      {"amqp 1.0",
       {c("AMQP\x03\x01\0\0"s), s("AMQP\x03\x01\0\0"s),
        c(amqp1_frame("\0\x53\x41\xc0\x17\x02\xa3\x05PLAIN\xa0\x0c"s + kSaslPlain))},
       Protocol::kAmqp,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"mongodb plain",
       {c(mongo_message(bson(bson_int("saslStart", 1) + bson_string("mechanism", "PLAIN") +
                             bson_binary("payload", kSaslPlain))))},
       Protocol::kMongodb,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"mongodb scram",
       {c(mongo_query(bson(bson_int("saslStart", 1) + bson_string("mechanism", "SCRAM-SHA-256") +
                           bson_binary("payload", "n,,n=bob,r=abc")))),
        c(mongo_message(bson(bson_int("saslContinue", 1) +
                             bson_binary("payload", "c=biws,r=abcd,p=cHJvb2Y="))))},
       Protocol::kMongodb,
       "bob",
       "SCRAM-SHA-256",
       kHash,
       8},
      {"mongodb, speculative",
       {c(mongo_message(bson(bson_int("hello", 1) + "\x03speculativeAuthenticate\0"s +
                             bson(bson_int("saslStart", 1) + bson_string("mechanism", "PLAIN") +
                                  bson_binary("payload", kSaslPlain)))))},
       Protocol::kMongodb,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"mongodb challenge-response",
       {c(mongo_query(bson(bson_int("authenticate", 1) + bson_string("user", "bob") +
                           bson_string("nonce", "0123") +
                           bson_string("key", std::string(32, 'a')))))},
       Protocol::kMongodb,
       "bob",
       "MONGODB-CR",
       kHash,
       32},
      {"sql server",
       {c(tds_prelogin(2)), s(tds_packet(4, "\xff"s)), c(tds_login7("bob", "hunter2"))},
       Protocol::kTds,
       "bob",
       "LOGIN7",
       kObfuscated,
       7},
      {"sybase", {c(sybase_login())}, Protocol::kTds, "bob", "TDS login", kPlain, 7},
      {"oracle",
       {c(tns_connect()), s(tns_packet(2, "\x01\x3b"s)),
        c(tns_packet(
            6, "\0\0\x03\x76\x02\x01\x03"s + short_sized("BOB") + "\x0d\x0d"s + "AUTH_TERMINAL"s)),
        c(tns_packet(6, "\0\0\x03\x73\x03\x01\x03"s + short_sized("BOB") + "\x0d\x0d"s +
                            "AUTH_PASSWORD\x40\x40"s + std::string(64, 'A')))},
       Protocol::kTns,
       "BOB",
       "O5LOGON",
       kHash,
       64},
      {"memcached, binary",
       {c(memcached_request(0x20, "", "")), c(memcached_request(0x21, "PLAIN", kSaslPlain))},
       Protocol::kMemcached,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"memcached, text",
       {c("set auth 0 0 11\r\nbob hunter2\r\n"), s("STORED\r\n")},
       Protocol::kMemcached,
       "bob",
       "set",
       kPlain,
       7},
      {"kafka",
       {c(kafka_request(18, 0, "")), c(kafka_request(17, 1, string16("PLAIN"))),
        c(kafka_request(36, 0, sized(kSaslPlain)))},
       Protocol::kKafka,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"kafka, flexible",
       {c(kafka_request(17, 1, string16("SCRAM-SHA-256"))),
        c(kafka_request(36, 2, "\0"s + short_sized("n,,n=bob,r=abc "))),
        c(kafka_request(36, 2, "\0\x19"s + "c=biws,r=abcd,p=cHJvb2Y=\0"s))},
       Protocol::kKafka,
       "bob",
       "SCRAM-SHA-256",
       kHash,
       8},
      {"kafka, tokens alone",
       {c(kafka_request(17, 0, string16("PLAIN"))), c(sized(kSaslPlain))},
       Protocol::kKafka,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"zookeeper",
       {c(zookeeper_connect()), s(sized(std::string(36, '\0'))),
        c(sized("\xff\xff\xff\xfc"s + be(100, 4) + be(0, 4) + sized("digest") +
                sized("bob:hunter2")))},
       Protocol::kZookeeper,
       "bob",
       "digest",
       kPlain,
       7},
      {"nats",
       {s("INFO {\"server_id\":\"A\",\"auth_required\":true}\r\n"),
        c("CONNECT {\"verbose\":false,\"user\":\"bob\",\"pass\":\"hunter2\"}\r\nPING\r\n")},
       Protocol::kNats,
       "bob",
       "CONNECT",
       kPlain,
       7},
      {"nats token",
       {c("CONNECT {\"auth_token\":\"hunter2\",\"name\":\"user\"}\r\n")},
       Protocol::kNats,
       "",
       "auth_token",
       kToken,
       7},
      {"stomp",
       {c("CONNECT\naccept-version:1.2\nhost:h\nlogin:bob\npasscode:hunter2\n\n\0"s),
        s("CONNECTED\nversion:1.2\n\n\0"s)},
       Protocol::kStomp,
       "bob",
       "CONNECT",
       kPlain,
       7},
      {"smpp",
       {c(smpp_bind(9)), s(be(16, 4) + be(0x80000009, 4) + be(0, 8))},
       Protocol::kSmpp,
       "bob",
       "bind",
       kPlain,
       7},
      {"tacacs+, pap",
       {c(tacacs(1, 1, tacacs_start(2, "hunter2")))},
       Protocol::kTacacs,
       "bob",
       "PAP",
       kPlain,
       7},
      {"tacacs+, asked",
       {c(tacacs(1, 1, tacacs_start(1, ""))), s(tacacs(2, 1, "\x05\x01\0\x09\0\0Password:"s)),
        c(tacacs(3, 1, "\0\x07\0\0\0hunter2"s))},
       Protocol::kTacacs,
       "bob",
       "ASCII",
       kPlain,
       7},
      {"tacacs+, obfuscated",
       {c(tacacs(1, 0, "0123456789"))},
       Protocol::kTacacs,
       "",
       "TACACS+",
       kObfuscated,
       10},
      {"diameter",
       {c(diameter(257, diameter_attribute(264, "a.example"))),
        c(diameter(265, diameter_attribute(1, "bob") + diameter_attribute(2, "hunter2")))},
       Protocol::kDiameter,
       "bob",
       "User-Password",
       kPlain,
       7},
      {"rsync",
       {s("@RSYNCD: 31.0\n"), c("@RSYNCD: 31.0\nmodule\n"), s("@RSYNCD: AUTHREQD abc\n"),
        c("bob X03MO1qnZdYdgyfeuILPmQ\n")},
       Protocol::kRsync,
       "bob",
       "AUTHREQD",
       kHash,
       22},
      {"x11",
       {c(x11_setup('l', "MIT-MAGIC-COOKIE-1", "0123456789abcdef"))},
       Protocol::kX11,
       "",
       "MIT-MAGIC-COOKIE-1",
       kToken,
       16},
      {"x11, big-endian",
       {c(x11_setup('B', "MIT-MAGIC-COOKIE-1", "0123456789abcdef"))},
       Protocol::kX11,
       "",
       "MIT-MAGIC-COOKIE-1",
       kToken,
       16},
      {"cvs",
       {c("BEGIN AUTH REQUEST\n/cvs\nbob\nAyZZ30 e\nEND AUTH REQUEST\n")},
       Protocol::kCvs,
       "bob",
       "pserver",
       kObfuscated,
       7},
      {"subversion",
       {s("( success ( 2 2 ( ) ( edit-pipeline ) ) ) "),
        c("( 2 ( edit-pipeline ) 9:svn://a/b 3:svn ( ) ) "),
        s("( success ( ( CRAM-MD5 PLAIN ) 1:r ) ) "), c("( PLAIN ( 16:AGJvYgBodW50ZXIy ) ) ")},
       Protocol::kSvn,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"subversion, a challenge",
       {s("( success ( 2 2 ( ) ( ) ) ) "), c("( 2 ( ) 9:svn://a/b ) ( CRAM-MD5 ( ) ) "),
        s("( step ( 5:<1@a> ) ) "), c("36:bob 0123456789abcdef0123456789abcdef ")},
       Protocol::kSvn,
       "bob",
       "CRAM-MD5",
       kHash,
       32},
      {"cassandra",
       {c(cql(4, 1, "\0\x01"s + string16("CQL_VERSION") + string16("3.0.0"))),
        s("\x84\0\0\x01\x03\0\0\0\x03\0\x01z"s), c(cql(4, 15, sized(kSaslPlain)))},
       Protocol::kCassandra,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"drda",
       {c(drda(0x1041, ddm(0x115e, "a"))),
        c(drda(0x106e, ddm(0x11a2, "\0\x03"s) + ddm(0x11a0, "\x82\x96\x82"s) +
                           ddm(0x11a1, "\x88\xa4\x95\xa3\x85\x99\xf2"s)))},
       Protocol::kDrda,
       "bob",
       "SECCHK",
       kPlain,
       7},
      {"freeswitch",
       {s("Content-Type: auth/request\n\n"), c("auth hunter2\n\n")},
       Protocol::kEventSocket,
       "",
       "auth",
       kPlain,
       7},
      {"freeswitch, a user",
       {c("userauth bob@a:hunter2\n\n")},
       Protocol::kEventSocket,
       "bob@a",
       "userauth",
       kPlain,
       7},
      {"nut",
       {c("USERNAME bob\n"), s("OK\n"), c("PASSWORD hunter2\n")},
       Protocol::kNut,
       "bob",
       "PASSWORD",
       kPlain,
       7},
      {"mpd",
       {s("OK MPD 0.23.5\n"), c("password hunter2\n")},
       Protocol::kMpd,
       "",
       "password",
       kPlain,
       7,
       6600},
      {"teamspeak",
       {s("TS3\n\rWelcome\n\r"), c("login bob hunter2\n")},
       Protocol::kTeamspeak,
       "bob",
       "login",
       kPlain,
       7,
       10011},
      {"teamspeak, named",
       {c("login client_login_name=bob client_login_password=hunter2\n")},
       Protocol::kTeamspeak,
       "bob",
       "login",
       kPlain,
       7},
      {"rcon",
       {c(le(17, 4) + le(1, 4) + le(3, 4) + "hunter2\0\0"s)},
       Protocol::kRcon,
       "",
       "RCON",
       kPlain,
       7},
      {"dict",
       {s("220 a dictd <auth.mime> <1@a>\r\n"), c("AUTH bob 0123456789abcdef0123456789abcdef\r\n")},
       Protocol::kDict,
       "bob",
       "AUTH",
       kHash,
       32},
      {"managesieve",
       {s("\"IMPLEMENTATION\" \"x\"\r\n\"SASL\" \"PLAIN\"\r\nOK\r\n"),
        c("AUTHENTICATE \"PLAIN\" \"AGJvYgBodW50ZXIy\"\r\n")},
       Protocol::kSieve,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"managesieve, literal",
       {c("AUTHENTICATE \"PLAIN\" {16+}\r\nAGJvYgBodW50ZXIy\r\n")},
       Protocol::kSieve,
       "bob",
       "PLAIN",
       kPlain,
       7},
      {"acap",
       {s("* ACAP (SASL \"PLAIN\")\r\n"),
        c("a AUTHENTICATE \"PLAIN\" {12+}\r\n" + kSaslPlain + "\r\n")},
       Protocol::kAcap,
       "bob",
       "PLAIN",
       kPlain,
       7,
       674,
       false},
      {"tor control",
       {c("AUTHENTICATE \"hunter2\"\r\n"), s("250 OK\r\n")},
       Protocol::kTorControl,
       "",
       "AUTHENTICATE",
       kPlain,
       7},
      {"tor control, hexadecimal",
       {c("AUTHENTICATE 68756e74657232\r\n")},
       Protocol::kTorControl,
       "",
       "AUTHENTICATE",
       kPlain,
       7},
      {"asterisk",
       {s("Asterisk Call Manager/5.0\r\n"),
        c("Action: Login\r\nUsername: bob\r\nSecret: hunter2\r\n\r\n")},
       Protocol::kAmi,
       "bob",
       "Login",
       kPlain,
       7},
      {"asterisk, other order",
       {c("Action: Login\r\nSecret: hunter2\r\nUsername: bob\r\n\r\n")},
       Protocol::kAmi,
       "bob",
       "Login",
       kPlain,
       7},
      {"rexec", {c("\0bob\0hunter2\0ls\0"s)}, Protocol::kRexec, "bob", "rexec", kPlain, 7, 512},
      {"rexec on another port",
       {c("1023\0bob\0hunter2\0ls\0"s)},
       Protocol::kRexec,
       "bob",
       "rexec",
       kPlain,
       7},
  };
}

void expect(const Case& one, const PlayOptions& options) {
  const Outcome outcome = play(one.turns, options);
  EXPECT_EQ(protocol_name(outcome.protocol), protocol_name(one.protocol));
  EXPECT_EQ(outcome.verdict, Verdict::kCleartextCredentials);
  EXPECT_EQ(outcome.user, one.user);
  EXPECT_EQ(outcome.mechanism, one.mechanism);
  EXPECT_EQ(outcome.kind, one.kind);
  EXPECT_EQ(outcome.length, one.length);
  EXPECT_FALSE(outcome.secrets.empty());
  EXPECT_EQ(outcome.pool_bytes_left, 0U);
}

TEST(AuditProtocols, SeeTheLoginHoweverItIsCut) {
  for (const Case& one : cases()) {
    for (const std::size_t segment : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
      SCOPED_TRACE(std::string(one.name) + ", segments of " + std::to_string(segment));
      PlayOptions options;
      options.server_port = one.port;
      options.segment = segment;
      expect(one, options);
    }
  }
}

TEST(AuditProtocols, SeeTheLoginInTheClientsSideAlone) {
  for (const Case& one : cases()) {
    if (!one.client_alone) continue;
    SCOPED_TRACE(one.name);
    PlayOptions options;
    options.server_port = one.port;
    options.server = false;
    expect(one, options);
    options.syn_seen = false;
    expect(one, options);
  }
}

// Cut anywhere, any byte another: the session ends, and marks as secret only what it was shown.
// Under the address sanitizer each piece lies in memory of exactly its size.
TEST(AuditProtocols, SurviveEveryCutAndEveryOddByte) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    PlayOptions options;
    options.server_port = one.port;
    const auto check = [&options](const std::vector<Turn>& turns) {
      std::array<std::uint64_t, 2> sent{};
      for (const Turn& turn : turns) sent[index_of(turn.side)] += turn.bytes.size();
      const Outcome outcome = play(turns, options);
      for (const SecretSpan& span : outcome.secrets) {
        ASSERT_LE(span.offset + span.length, std::max(sent[0], sent[1]));
      }
      ASSERT_EQ(outcome.pool_bytes_left, 0U);
    };
    for (std::size_t turn = 0; turn < one.turns.size(); ++turn) {
      for (std::size_t at = 0; at < one.turns[turn].bytes.size(); ++at) {
        std::vector<Turn> turns = one.turns;
        for (const char odd : {'\0', '\x01', '\x7f', '\xff'}) {
          turns[turn].bytes[at] = odd;
          check(turns);
        }
        turns[turn].bytes = one.turns[turn].bytes.substr(0, at);
        check(turns);
      }
    }
  }
}

// rshd(8) takes connections from reserved ports alone, and asks for no password.
TEST(AuditProtocols, TellRshFromRexec) {
  PlayOptions options;
  options.server_port = 514;
  options.client_port = 1022;
  const Outcome rsh = play({c("1021\0bob\0alice\0ls\0"s)}, options);
  EXPECT_EQ(rsh.protocol, Protocol::kRsh);
  EXPECT_EQ(rsh.logins, 0U);
}

TEST(AuditProtocols, FollowTlsInsideTdsAndSayThatItIsEncrypted) {
  const std::string body = "\x03\x03"s + std::string(32, 'r') + "\0\0\x02\xc0\x2f\x01\0"s;
  const std::string hello =
      "\x16\x03\x01"s + be(4 + body.size(), 2) + "\x01"s + be(body.size(), 3) + body;
  const std::vector<Turn> turns = {c(tds_prelogin(1)), s(tds_packet(4, "\xff"s)),
                                   c(tds_packet(0x12, hello)),
                                   c("\x17\x03\x03\0\x10"s + std::string(16, 'x'))};
  for (const std::size_t segment : {std::size_t{0}, std::size_t{1}}) {
    PlayOptions options;
    options.segment = segment;
    const Outcome outcome = play(turns, options);
    EXPECT_EQ(outcome.verdict, Verdict::kStarttlsUpgraded);
    EXPECT_EQ(outcome.logins, 0U);
  }
}

// A message in several packets of which the last is cut off by the end of the capture, is followed
// by something else, or lies beyond what is read of a side: what was seen of it is read as one, and
// the server's silence does not end it.
TEST(AuditProtocols, SeeTheTdsLoginOfAMessageThatIsNotWhole) {
  const std::string body = tds_login7("bob", "hunter2").substr(8) + std::string(20, '\0');
  const auto packet = [](char status, const std::string& part) {
    std::string whole = tds_packet(0x10, part);
    whole[1] = status;
    return whole;
  };
  const std::string cut = packet(1, body.substr(94));
  std::vector<Turn> too_long = {c(packet(0, body + std::string(4000, '\0')))};
  for (int i = 0; i < 6; ++i) too_long.push_back(c(packet(0, std::string(4000, '\0'))));
  const std::vector<std::pair<const char*, std::vector<Turn>>> cases = {
      {"cut", {c(packet(0, body.substr(0, 94))), c(cut.substr(0, cut.size() - 10))}},
      {"lost", {c(packet(0, body)), c(std::string(16, '\x7f'))}},
      {"too long", too_long},
  };
  for (const auto& [name, turns] : cases) {
    for (const std::size_t segment : {std::size_t{0}, std::size_t{7}}) {
      SCOPED_TRACE(std::string(name) + ", segments of " + std::to_string(segment));
      PlayOptions options;
      options.segment = segment;
      const Outcome outcome = play(turns, options);
      EXPECT_EQ(protocol_name(outcome.protocol), protocol_name(Protocol::kTds));
      EXPECT_EQ(outcome.logins, 1U);
      EXPECT_EQ(outcome.user, "bob");
      EXPECT_EQ(outcome.kind, kObfuscated);
      EXPECT_EQ(outcome.length, 7U);
    }
  }
}

struct MessageCase {
  const char* name;
  Transport transport;
  std::uint16_t port;
  std::vector<Turn> turns;
  Protocol protocol;
  const char* user;
  SecretKind kind;
  std::uint32_t length;
};

TEST(AuditProtocols, SeeThePasswordsOfMessages) {
  const std::string rmcp = "\x06\0\xff\x07"s;
  const std::vector<MessageCase> messages = {
      {"ipmi, straight",
       Transport::kUdp,
       623,
       {c(rmcp + "\x04"s + le(1, 4) + le(5, 4) + filled("hunter2", 16) + "\x01\0"s)},
       Protocol::kIpmi,
       "",
       kPlain,
       7},
      {"ipmi, rakp",
       Transport::kUdp,
       623,
       {c(rmcp + "\x06\x12"s + le(0, 8) + le(31, 2) + std::string(27, '\x01') + short_sized("bob")),
        s(rmcp + "\x06\x13"s + le(0, 8) + le(60, 2) + "\0\0\0\0"s + std::string(36, 'r') +
          std::string(20, 'h'))},
       Protocol::kIpmi,
       "bob",
       kHash,
       20},
      {"rip",
       Transport::kUdp,
       520,
       {c("\x02\x02\0\0\xff\xff\0\x02"s + filled("hunter2", 16) + std::string(20, '\0'))},
       Protocol::kRip,
       "",
       kPlain,
       7},
      {"ospf",
       Transport::kOspf,
       0,
       {c("\x02\x01\0\x2c"s + std::string(8, '\x01') + "\0\0\0\x01"s + filled("hunter2", 8) +
          std::string(20, '\0'))},
       Protocol::kOspf,
       "",
       kPlain,
       7},
      {"vrrp",
       Transport::kVrrp,
       0,
       {c("\x21\x01\x64\x01\x01\x01\0\0\x0a\0\0\x01"s + filled("hunter2", 8))},
       Protocol::kVrrp,
       "",
       kPlain,
       7},
      {"hsrp",
       Transport::kUdp,
       1985,
       {c("\0\0\x10\x03\x0a\x78\x01\0"s + filled("hunter2", 8) + "\x0a\0\0\x01"s)},
       Protocol::kHsrp,
       "",
       kPlain,
       7},
      {"pap",
       Transport::kPpp,
       0,
       {c("\xc0\x23\x01\x01\0\x10\x03"
          "bob\x07hunter2"s)},
       Protocol::kPpp,
       "bob",
       kPlain,
       7},
      {"chap",
       Transport::kPpp,
       0,
       {c("\xc2\x23\x02\x01\0\x18\x10"s + std::string(16, 'd') + "bob"s)},
       Protocol::kPpp,
       "bob",
       kHash,
       16},
      {"eap, md5",
       Transport::kEapol,
       0,
       {c("\x01\0\0\x08\x02\x01\0\x08\x01"
          "bob"s),
        c("\x01\0\0\x16\x02\x02\0\x16\x04\x10"s + std::string(16, 'd'))},
       Protocol::kEapol,
       "bob",
       kHash,
       16},
      {"tacacs",
       Transport::kUdp,
       49,
       {c("\0\x01\x12\x34\x03\x07"
          "bobhunter2"s)},
       Protocol::kTacacsUdp,
       "bob",
       kPlain,
       7},
      {"diameter over sctp",
       Transport::kSctp,
       3868,
       {c(diameter(265, diameter_attribute(1, "bob") + diameter_attribute(2, "hunter2")))},
       Protocol::kDiameter,
       "bob",
       kPlain,
       7},
  };
  for (const MessageCase& one : messages) {
    SCOPED_TRACE(one.name);
    BufferPool pool(1U << 20);
    SessionEnvironment environment{pool};
    Session session(one.transport, {50000, one.port}, false);
    std::array<std::uint64_t, 2> offset{};
    for (const Turn& turn : one.turns) {
      const std::vector<std::uint8_t> copy(turn.bytes.begin(), turn.bytes.end());
      session.on_datagram(turn.side, copy, offset[index_of(turn.side)], 1, environment);
      offset[index_of(turn.side)] += copy.size();
    }
    session.on_end(1, environment);
    EXPECT_EQ(protocol_name(session.facts().protocol), protocol_name(one.protocol));
    const bool seen = !session.facts().credentials.empty();
    EXPECT_TRUE(seen);
    if (!seen) continue;
    EXPECT_EQ(session.facts().credentials[0].user, one.user);
    EXPECT_EQ(session.facts().credentials[0].kind, one.kind);
    EXPECT_EQ(session.facts().credentials[0].length, one.length);
    session.release(environment);
  }
}

}  // namespace
}  // namespace capstan::audit
