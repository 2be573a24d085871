// How the protocols of this folder are recognised. A protocol listed in signatures.cc has its
// matchers in the same file as its make_ function.
#pragma once

#include "engine/audit/facts.h"
#include "engine/audit/identify.h"

namespace capstan::audit {

// Whether bytes belong to a protocol. kMaybe: more bytes are needed to decide.
enum class Match : std::uint8_t { kNo, kMaybe, kYes };

// Compares the opening of a stream with all protocols that have a signature here. State kNone: it
// is none of them.
Identification identify_by_signature(const Opening& opening);

// One matcher for each side of a protocol, for the first bytes seen of that side. A client's
// matcher may also look at ports.
Match amqp_signature(Bytes bytes) noexcept;
Match mongodb_client(Bytes bytes) noexcept;
Match tds_client(Bytes bytes) noexcept;
Match tns_client(Bytes bytes) noexcept;
Match memcached_client(Bytes bytes) noexcept;
Match kafka_client(Bytes bytes) noexcept;
Match zookeeper_client(Bytes bytes) noexcept;
Match smpp_client(Bytes bytes) noexcept;
Match smpp_server(Bytes bytes) noexcept;  // an outbind request
Match tacacs_signature(Bytes bytes) noexcept;
Match diameter_signature(Bytes bytes) noexcept;
Match x11_client(Bytes bytes) noexcept;
Match cassandra_client(Bytes bytes) noexcept;
Match drda_client(Bytes bytes) noexcept;
Match rcon_client(Bytes bytes) noexcept;
Match rexec_client(Bytes bytes, std::uint16_t client_port, std::uint16_t server_port) noexcept;
Match svn_client(Bytes bytes) noexcept;
Match svn_server(Bytes bytes) noexcept;
// Line-based protocols: the protocol of a client's or a server's first line, which must be
// complete.
Protocol dialogue_of_client(std::string_view line, Bytes all, std::uint16_t port) noexcept;
Protocol dialogue_of_server(std::string_view line, Bytes all) noexcept;

// The same for the first message of a session (UDP, SCTP, IP, PPP, 802.1X).
Protocol message_protocol_of(Transport transport, Bytes message, std::uint16_t from_port,
                             std::uint16_t to_port) noexcept;

// Helpers that several matchers use.
inline Match begins_with(Bytes bytes, std::string_view pattern) noexcept {
  const std::size_t size = bytes.size() < pattern.size() ? bytes.size() : pattern.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] != static_cast<std::uint8_t>(pattern[i])) return Match::kNo;
  }
  return size == pattern.size() ? Match::kYes : Match::kMaybe;
}

}  // namespace capstan::audit
