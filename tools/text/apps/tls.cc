// --tls, an addition of ours: the records and handshake messages that a TCP segment begins with
// (TLS 1.0 to 1.3, RFC 2246 to 8446; SSL 3.0, RFC 6101).
//
// A line shows what stands in the clear: ": TLS 1.2 handshake client_hello, length 508". With -v
// the server name a client asks for. A segment that begins in the middle of a record shows nothing.
#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr std::size_t kRecordHeaderBytes = 5;
constexpr std::size_t kMaxRecordBytes = (1u << 14) + 2048;  // RFC 5246 section 6.2.3
constexpr unsigned kHandshake = 22;
constexpr unsigned kAlert = 21;
constexpr unsigned kClientHello = 1;

constexpr Token kRecords[] = {{20, "change_cipher_spec"},
                              {21, "alert"},
                              {22, "handshake"},
                              {23, "application_data"},
                              {24, "heartbeat"}};
constexpr Token kHandshakes[] = {
    {0, "hello_request"},        {1, "client_hello"},       {2, "server_hello"},
    {3, "hello_verify_request"}, {4, "new_session_ticket"}, {5, "end_of_early_data"},
    {8, "encrypted_extensions"}, {11, "certificate"},       {12, "server_key_exchange"},
    {13, "certificate_request"}, {14, "server_hello_done"}, {15, "certificate_verify"},
    {16, "client_key_exchange"}, {20, "finished"},          {21, "certificate_url"},
    {22, "certificate_status"},  {24, "key_update"}};
constexpr Token kAlerts[] = {{0, "close_notify"},
                             {10, "unexpected_message"},
                             {20, "bad_record_mac"},
                             {21, "decryption_failed"},
                             {22, "record_overflow"},
                             {30, "decompression_failure"},
                             {40, "handshake_failure"},
                             {41, "no_certificate"},
                             {42, "bad_certificate"},
                             {43, "unsupported_certificate"},
                             {44, "certificate_revoked"},
                             {45, "certificate_expired"},
                             {46, "certificate_unknown"},
                             {47, "illegal_parameter"},
                             {48, "unknown_ca"},
                             {49, "access_denied"},
                             {50, "decode_error"},
                             {51, "decrypt_error"},
                             {60, "export_restriction"},
                             {70, "protocol_version"},
                             {71, "insufficient_security"},
                             {80, "internal_error"},
                             {86, "inappropriate_fallback"},
                             {90, "user_canceled"},
                             {100, "no_renegotiation"},
                             {109, "missing_extension"},
                             {110, "unsupported_extension"},
                             {112, "unrecognized_name"},
                             {113, "bad_certificate_status_response"},
                             {115, "unknown_psk_identity"},
                             {116, "certificate_required"},
                             {120, "no_application_protocol"}};

bool begins_record(const ByteReader& bytes) {
  return bytes.has(0, kRecordHeaderBytes) && find_token(kRecords, bytes.u8(0)) != nullptr &&
         bytes.u8(1) == 3 && bytes.u8(2) <= 4 && bytes.be16(3) <= kMaxRecordBytes;
}

// The server name of a ClientHello (RFC 6066 section 3); empty when there is none in what is here.
ByteReader server_name(ByteReader hello) {
  constexpr std::size_t kVersionAndRandom = 34;
  constexpr unsigned kServerName = 0;
  std::size_t at = 4 + kVersionAndRandom;
  at += 1u + hello.u8(at);
  at += 2u + hello.be16(at);
  at += 1u + hello.u8(at);
  at += 2;
  while (hello.has(at, 4)) {
    const std::size_t size = hello.be16(at + 2);
    if (hello.be16(at) == kServerName) {
      // A list with one entry: its size, the kind of name, the name's size, the name.
      const std::size_t name_size = hello.be16(at + 7);
      return hello.has(at + 9, name_size) ? hello.from(at + 9).first(name_size) : ByteReader();
    }
    at += 4 + size;
  }
  return {};
}

void put_handshake(Printer& p, ByteReader record, std::size_t record_size) {
  if (!record.has(0, 4)) return;
  const unsigned type = record.u8(0);
  const char* name = find_token(kHandshakes, type);
  // What is encrypted looks like a message that does not fit its record, or, where it begins with a
  // zero counter, like an empty message with something behind it.
  constexpr unsigned kHelloRequest = 0;
  constexpr unsigned kCertificate = 11;  // may go on in the next record
  const std::size_t size = record.be24(1) + std::size_t{4};
  if (name == nullptr || (type != kCertificate && size > record_size) ||
      (type == kHelloRequest && size != record_size)) {
    p.out.put(" encrypted");
    return;
  }
  p.out.put(' ').put(name);
  if (!p.verbose() || type != kClientHello) return;
  const ByteReader host = server_name(record);
  if (host.empty()) return;
  p.out.put(" for ");
  for (std::size_t i = 0; i < host.size(); ++i) p.safe_char(host.u8(i));
}

void put_alert(Printer& p, ByteReader record, std::size_t record_size) {
  if (record_size != 2) {
    p.out.put(" encrypted");
    return;
  }
  if (!record.has(0, 2)) return;
  p.out.put(record.u8(0) == 2 ? " fatal " : " warning ");
  p.token(kAlerts, record.u8(1), "alert-");
}

}  // namespace

void print_tls(Printer& p, Input in) {
  if (!p.options.tls) return;
  p.set_protocol("tls");
  static constexpr std::string_view kVersions[] = {"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2",
                                                   "TLS 1.3"};
  ByteReader bytes = in.bytes().first(in.available());
  for (bool first = true; begins_record(bytes); first = false) {
    const unsigned type = bytes.u8(0);
    const std::size_t size = bytes.be16(3);
    const ByteReader record = bytes.from(kRecordHeaderBytes).first(size);
    p.out.put(first ? ": " : "; ").put(kVersions[bytes.u8(2)]).put(' ');
    p.out.put(find_token(kRecords, type));
    if (type == kHandshake) put_handshake(p, record, size);
    if (type == kAlert) put_alert(p, record, size);
    p.out.put(", length ").dec(size);
    bytes = bytes.from(kRecordHeaderBytes + size);
  }
}

}  // namespace capstan::text
