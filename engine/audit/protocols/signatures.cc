#include "engine/audit/protocols/signatures.h"

#include <algorithm>
#include <array>

#include "engine/audit/text.h"
#include "engine/audit/word_list.h"

namespace capstan::audit {

namespace {

using State = Identification::State;

constexpr std::size_t kLongestLine = 1024;

// Line ends that a client sends to keep a connection alive (STOMP 1.2, "Heart-beating") stand in
// front of nothing.
Bytes without_line_ends(Bytes bytes) noexcept {
  constexpr std::size_t kMost = 16;
  std::size_t ends = 0;
  while (ends < std::min(bytes.size(), kMost) && (bytes[ends] == '\n' || bytes[ends] == '\r'))
    ++ends;
  return bytes.subspan(ends);
}

// The first line without its ending; nothing when it is not whole or not text.
std::string_view whole_line(Bytes bytes, bool at_end) noexcept {
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kLongestLine)));
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos && !at_end) return {};
  std::string_view line = text.substr(0, end);
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

struct StreamSignature {
  Protocol protocol;
  Match (*client)(Bytes);
  Match (*server)(Bytes);
};
// Binary protocols, the ones with the longest marks first.
constexpr std::array kStreams = {
    StreamSignature{Protocol::kAmqp, amqp_signature, amqp_signature},
    StreamSignature{Protocol::kX11, x11_client, nullptr},
    StreamSignature{Protocol::kDrda, drda_client, nullptr},
    StreamSignature{Protocol::kMongodb, mongodb_client, nullptr},
    StreamSignature{Protocol::kCassandra, cassandra_client, nullptr},
    StreamSignature{Protocol::kTacacs, tacacs_signature, nullptr},
    StreamSignature{Protocol::kDiameter, diameter_signature, nullptr},
    StreamSignature{Protocol::kSmpp, smpp_client, smpp_server},
    StreamSignature{Protocol::kZookeeper, zookeeper_client, nullptr},
    StreamSignature{Protocol::kTds, tds_client, nullptr},
    StreamSignature{Protocol::kTns, tns_client, nullptr},
    StreamSignature{Protocol::kRcon, rcon_client, nullptr},
    StreamSignature{Protocol::kMemcached, memcached_client, nullptr},
    StreamSignature{Protocol::kSvn, svn_client, svn_server},
    StreamSignature{Protocol::kKafka, kafka_client, nullptr},
};

bool is_hex(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
  });
}

// AUTHENTICATE is said in ManageSieve ("PLAIN" in quotes, RFC 5804 section 2.1), to Tor (a password
// in quotes, or hexadecimal digits) and in IRC (a mechanism without quotes).
Protocol who_authenticates(std::string_view argument, std::uint16_t port) noexcept {
  argument = trim(argument);
  constexpr std::uint16_t kTorPort = 9051;
  constexpr std::uint16_t kTorBrowserPort = 9151;
  if (argument.empty()) {
    return port == kTorPort || port == kTorBrowserPort ? Protocol::kTorControl : Protocol::kUnknown;
  }
  if (argument.front() == '"') {
    const std::size_t end = argument.find('"', 1);
    const std::string_view word = argument.substr(1, end == std::string_view::npos ? end : end - 1);
    static constexpr WordList kMechanisms("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "GSSAPI",
                                          "EXTERNAL", "NTLM", "OAUTHBEARER", "XOAUTH2",
                                          "ANONYMOUS");
    const bool mechanism = kMechanisms.has(word) || starts_nocase(word, "SCRAM-");
    return mechanism && port != kTorPort ? Protocol::kSieve : Protocol::kTorControl;
  }
  if (port == kTorPort || port == kTorBrowserPort) return Protocol::kTorControl;
  return argument.size() >= 8 && argument.size() % 2 == 0 && is_hex(argument)
             ? Protocol::kTorControl
             : Protocol::kUnknown;
}

}  // namespace

Protocol dialogue_of_server(std::string_view line, Bytes all) noexcept {
  if (line.starts_with("INFO {") && contains_nocase(line, "\"server_id\"")) return Protocol::kNats;
  if (line.starts_with("@RSYNCD: ")) return Protocol::kRsync;
  if (line.starts_with("OK MPD ")) return Protocol::kMpd;
  if (line.starts_with("Asterisk Call Manager/")) return Protocol::kAmi;
  if (line == "TS3" || line == "TS3 Client" || line == "TeaSpeak") return Protocol::kTeamspeak;
  if (line == "Content-Type: auth/request") return Protocol::kEventSocket;
  if (starts_nocase(line, "* ACAP (") || starts_nocase(line, "* ACAP ")) return Protocol::kAcap;
  if (starts_nocase(line, "\"IMPLEMENTATION\"") || starts_nocase(line, "\"SIEVE\"")) {
    return Protocol::kSieve;
  }
  if (line.starts_with("220 ")) {
    // RFC 2229 section 3.1: the banner ends with the message id, capabilities may stand in front.
    const std::size_t open = line.rfind(" <");
    if (line.ends_with('>') && open != std::string_view::npos &&
        (contains_nocase(line, "<auth") || contains_nocase(line, "mime") ||
         contains_nocase(line, "dict"))) {
      return Protocol::kDict;
    }
  }
  static_cast<void>(all);
  return Protocol::kUnknown;
}

Protocol dialogue_of_client(std::string_view line, Bytes all, std::uint16_t port) noexcept {
  std::string_view rest = line;
  const std::string_view word = take_word(rest);
  const std::string_view text = as_text(all.first(std::min(all.size(), kLongestLine)));
  if (word == "CONNECT" && trim(rest).starts_with('{')) return Protocol::kNats;
  if (rest.empty() && (line == "CONNECT" || line == "STOMP")) {
    const bool headers = text.find("\naccept-version:") != std::string_view::npos ||
                         text.find("\nlogin:") != std::string_view::npos ||
                         text.find("\nhost:") != std::string_view::npos ||
                         text.find("\npasscode:") != std::string_view::npos;
    return headers ? Protocol::kStomp : Protocol::kUnknown;
  }
  if (line.starts_with("@RSYNCD: ")) return Protocol::kRsync;
  if (line == "BEGIN AUTH REQUEST" || line == "BEGIN VERIFICATION REQUEST" ||
      line == "BEGIN GSSAPI REQUEST") {
    return Protocol::kCvs;
  }
  if (equals_nocase(word, "Action:") && !rest.empty()) return Protocol::kAmi;
  if (equals_nocase(word, "AUTHENTICATE")) return who_authenticates(rest, port);
  if (equals_nocase(word, "PROTOCOLINFO") || equals_nocase(word, "AUTHCHALLENGE")) {
    return Protocol::kTorControl;
  }
  // FreeSWITCH's commands end with an empty line.
  const auto ends_empty = [text] {
    return text.find("\n\n") != std::string_view::npos ||
           text.find("\r\n\r\n") != std::string_view::npos;
  };
  if ((word == "auth" && ends_empty()) ||
      (word == "userauth" && rest.find(':') != std::string_view::npos)) {
    return Protocol::kEventSocket;
  }
  if (word == "login" && (rest.find("client_login_name=") != std::string_view::npos)) {
    return Protocol::kTeamspeak;
  }
  constexpr std::uint16_t kTeamspeakPort = 10011;
  if (word == "login" && port == kTeamspeakPort) return Protocol::kTeamspeak;
  constexpr std::uint16_t kMpdPort = 6600;
  if (word == "password" && port == kMpdPort) return Protocol::kMpd;
  constexpr std::uint16_t kNutPort = 3493;
  static constexpr WordList kNutCommands("PASSWORD", "STARTTLS", "LOGIN", "LIST", "GET", "VER");
  if (equals_nocase(word, "USERNAME") || (port == kNutPort && kNutCommands.has(word))) {
    return Protocol::kNut;
  }
  if (equals_nocase(word, "SASLAUTH")) return Protocol::kDict;
  constexpr std::uint16_t kDictPort = 2628;
  if (equals_nocase(word, "AUTH") || port == kDictPort) {
    // AUTH name and 32 hexadecimal digits (RFC 2229 section 3.11).
    std::string_view argument = rest;
    take_word(argument);
    argument = trim(argument);
    if (equals_nocase(word, "AUTH") && argument.size() == 32 && is_hex(argument)) {
      return Protocol::kDict;
    }
    static constexpr WordList kDictCommands("CLIENT", "DEFINE", "MATCH", "SHOW", "AUTH", "OPTION");
    if (port == kDictPort && kDictCommands.has(word)) return Protocol::kDict;
  }
  return Protocol::kUnknown;
}

Identification identify_by_signature(const Opening& o) {
  const auto found = [](Protocol protocol, bool swap) {
    return Identification{State::kFound, protocol, swap};
  };
  bool maybe = false;
  for (const StreamSignature& one : kStreams) {
    if (!o.client.empty()) {
      const Match match = one.client(o.client);
      if (match == Match::kYes) return found(one.protocol, false);
      maybe = maybe || match == Match::kMaybe;
    }
    if (!o.server.empty()) {
      if (one.server != nullptr && one.server(o.server) == Match::kYes) {
        return found(one.protocol, false);
      }
      // Met without a SYN the sides may be the other way round.
      if (!o.orientation_known && one.client(o.server) == Match::kYes) {
        return found(one.protocol, true);
      }
    }
  }
  const std::string_view server = whole_line(o.server, o.at_end);
  if (!server.empty()) {
    const Protocol protocol = dialogue_of_server(server, o.server);
    if (protocol != Protocol::kUnknown) return found(protocol, false);
    if (!o.orientation_known) {
      const Protocol swapped = dialogue_of_client(server, o.server, o.client_port);
      if (swapped != Protocol::kUnknown && o.client.empty()) return found(swapped, true);
    }
  }
  const Bytes said = without_line_ends(o.client);
  const std::string_view client = whole_line(said, o.at_end);
  if (!client.empty()) {
    const Protocol protocol = dialogue_of_client(client, said, o.server_port);
    if (protocol != Protocol::kUnknown) return found(protocol, false);
    if (!o.orientation_known && o.server.empty()) {
      const Protocol swapped = dialogue_of_server(client, o.client);
      if (swapped != Protocol::kUnknown) return found(swapped, true);
    }
  }
  return {maybe && !o.at_end ? State::kNeedMore : State::kNone, Protocol::kUnknown, false};
}

Protocol message_protocol_of(Transport transport, Bytes message, std::uint16_t from_port,
                             std::uint16_t to_port) noexcept {
  const auto on_port = [from_port, to_port](std::uint16_t port) {
    return from_port == port || to_port == port;
  };
  switch (transport) {
    case Transport::kPpp:
      return Protocol::kPpp;
    case Transport::kEapol:
      return Protocol::kEapol;
    case Transport::kOspf:
      return message[0] == 2 ? Protocol::kOspf : Protocol::kUnknown;
    case Transport::kVrrp:
      return Protocol::kVrrp;
    case Transport::kSctp:
      return diameter_signature(message) == Match::kYes ? Protocol::kDiameter : Protocol::kUnknown;
    case Transport::kTcp:
      return Protocol::kUnknown;
    case Transport::kUdp:
      break;
  }
  // RMCP, version 6, class 7 (IPMI 2.0 section 13.1.3); on port 623, but also on others.
  if (message.size() >= 14 && message[0] == 6 && message[1] == 0 && (message[3] & 0x1f) == 7 &&
      (message[4] <= 6)) {
    return Protocol::kIpmi;
  }
  constexpr std::uint16_t kRipPort = 520;
  constexpr std::uint16_t kHsrpPort = 1985;
  constexpr std::uint16_t kHsrp6Port = 2029;
  constexpr std::uint16_t kTacacsPort = 49;
  if (on_port(kRipPort) && message.size() >= 24 && message[1] == 2) return Protocol::kRip;
  if (on_port(kHsrpPort) || on_port(kHsrp6Port)) return Protocol::kHsrp;
  if (on_port(kTacacsPort) && message.size() >= 6 && (message[0] == 0 || message[0] == 0x80)) {
    return Protocol::kTacacsUdp;
  }
  return Protocol::kUnknown;
}

}  // namespace capstan::audit
