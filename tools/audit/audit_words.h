// Texts and values of a session, the same in every output of the audit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/audit/auditor.h"

namespace capstan::tools {

// The user of a login; if the name is not shown, its length instead.
std::string user_text(const audit::Credential& credential);
// All users that logged in in cleartext, else the last name seen; several are joined with '|'.
std::string users_of(const audit::SessionFacts& facts);
std::string mechanisms_of(const audit::SessionFacts& facts);

// The reasons as text, in a fixed order.
std::vector<std::string> reasons_of(audit::Reasons reasons);

// "192.0.2.1:25", "[2001:db8::1]:25".
std::string endpoint_text(const Address& address, std::uint16_t port, std::uint8_t ip_version);
// "TCP", "UDP", otherwise the protocol's number.
std::string transport_text(std::uint8_t protocol);
// The application protocol, and the one inside its tunnel: "socks5/http". "imaps" and similar names
// follow from the port.
std::string service_text(const audit::SessionReport& report);

// UTC: "2026-11-23T13:18:35.123456+0000" and "2026-11-23 13:18:35".
std::string eve_time(std::uint64_t time_ns);
std::string plain_time(std::uint64_t time_ns);
// Local time with its zone, for terminals: "2026-11-23 14:18:35 +0100".
std::string zoned_time(std::uint64_t time_ns);

// The credential that a one-line result shows: a reusable secret before all others.
const audit::Credential* worst_credential(const audit::SessionFacts& facts) noexcept;

}  // namespace capstan::tools
