// The numbers of DNS and their names (IANA's DNS parameters), for domain.cc.
#pragma once

#include "tools/text/printer.h"

namespace capstan::text {

// Flags of the header (RFC 1035 section 4.1.1, RFC 4035 section 3).
constexpr std::uint16_t kDnsResponse = 0x8000;
constexpr std::uint16_t kDnsAuthoritative = 0x0400;
constexpr std::uint16_t kDnsTruncated = 0x0200;
constexpr std::uint16_t kDnsRecursionDesired = 0x0100;
constexpr std::uint16_t kDnsRecursionAvailable = 0x0080;
constexpr std::uint16_t kDnsAuthenticData = 0x0020;
constexpr std::uint16_t kDnsCheckingDisabled = 0x0010;
// Flags that a query should not set: AA, TC, RA, Z and a response code.
constexpr std::uint16_t kDnsOddInQuery = 0x06cf;

constexpr unsigned kDnsInverseQuery = 1;
constexpr unsigned kDnsClassInternet = 1;

constexpr const char* kDnsOpcodes[16] = {
    "",     " inv_q",   " stat",    " op3",      " notify",  " update",   " op6",      " op7",
    " op8", " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef"};
constexpr const char* kDnsRcodes[] = {
    "",          " FormErr", " ServFail", " NXDomain", " NotImp",  " Refused",
    " YXDomain", " YXRRSet", " NXRRSet",  " NotAuth",  " NotZone", " Resp11",
    " Resp12",   " Resp13",  " Resp14",   " NoChange", " BadVers", "Resp17",
    " Resp18",   " Resp19",  " Resp20",   "Resp21",    " Resp22",  " BadCookie"};

enum DnsType : unsigned {
  kDnsA = 1,
  kDnsNs = 2,
  kDnsCname = 5,
  kDnsSoa = 6,
  kDnsPtr = 12,
  kDnsMx = 15,
  kDnsTxt = 16,
  kDnsAaaa = 28,
  kDnsSrv = 33,
  kDnsA6 = 38,
  kDnsDname = 39,
  kDnsOpt = 41,
  kDnsUnspecA = 104,
  kDnsTsig = 250,
  kDnsUri = 256,
};

enum EdnsOption : unsigned {
  kEdnsAlgorithms = 5,
  kEdnsDsHashes = 6,
  kEdnsNsec3Hashes = 7,
  kEdnsClientSubnet = 8,
  kEdnsExpire = 9,
  kEdnsCookie = 10,
  kEdnsKeepalive = 11,
  kEdnsPadding = 12,
  kEdnsChain = 13,
  kEdnsKeyTag = 14,
};

constexpr Token kDnsTypes[] = {
    {1, "A"},      {2, "NS"},      {3, "MD"},        {4, "MF"},        {5, "CNAME"},
    {6, "SOA"},    {7, "MB"},      {8, "MG"},        {9, "MR"},        {10, "NULL"},
    {11, "WKS"},   {12, "PTR"},    {13, "HINFO"},    {14, "MINFO"},    {15, "MX"},
    {16, "TXT"},   {17, "RP"},     {18, "AFSDB"},    {19, "X25"},      {20, "ISDN"},
    {21, "RT"},    {22, "NSAP"},   {23, "NSAP_PTR"}, {24, "SIG"},      {25, "KEY"},
    {26, "PX"},    {27, "GPOS"},   {28, "AAAA"},     {29, "LOC"},      {30, "NXT"},
    {31, "EID"},   {32, "NIMLOC"}, {33, "SRV"},      {34, "ATMA"},     {35, "NAPTR"},
    {36, "KX"},    {37, "CERT"},   {38, "A6"},       {39, "DNAME"},    {40, "SINK"},
    {41, "OPT"},   {42, "APL"},    {43, "DS"},       {44, "SSHFP"},    {45, "IPSECKEY"},
    {46, "RRSIG"}, {47, "NSEC"},   {48, "DNSKEY"},   {99, "SPF"},      {100, "UINFO"},
    {101, "UID"},  {102, "GID"},   {103, "UNSPEC"},  {104, "UNSPECA"}, {249, "TKEY"},
    {250, "TSIG"}, {251, "IXFR"},  {252, "AXFR"},    {253, "MAILB"},   {254, "MAILA"},
    {255, "ANY"},  {256, "URI"},
};
constexpr Token kDnsClasses[] = {
    {1, "IN"},
    {3, "CHAOS"},
    {4, "HS"},
    {255, "ANY"},
};
constexpr Token kEdnsOptions[] = {
    {1, "LLQ"},      {2, "UL"},     {3, "NSID"},     {5, "DAU"},         {6, "DHU"},
    {7, "N3U"},      {8, "ECS"},    {9, "EXPIRE"},   {10, "COOKIE"},     {11, "KEEPALIVE"},
    {12, "PADDING"}, {13, "CHAIN"}, {14, "KEY-TAG"}, {16, "CLIENT-TAG"}, {17, "SERVER-TAG"},
};
constexpr Token kDnssecAlgorithms[] = {
    {0, "DELETE"},
    {1, "RSAMD5"},
    {2, "DH"},
    {3, "DS"},
    {5, "RSASHA1"},
    {6, "DSA-NSEC3-SHA1"},
    {7, "RSASHA1-NSEC3-SHA1"},
    {8, "RSASHA256"},
    {10, "RSASHA512"},
    {12, "ECC-GOST"},
    {13, "ECDSAP256SHA256"},
    {14, "ECDSAP384SHA384"},
    {15, "ED25519"},
    {16, "ED448"},
    {252, "INDIRECT"},
    {253, "PRIVATEDNS"},
    {254, "PRIVATEOID"},
};
constexpr Token kDsHashes[] = {
    {1, "SHA-1"},
    {2, "SHA-256"},
    {3, "GOST_R_34.11-94"},
    {4, "SHA-384"},
};
constexpr Token kNsec3Hashes[] = {
    {1, "SHA-1"},
};

}  // namespace capstan::text
