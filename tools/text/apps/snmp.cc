// SNMP v1, v2c and v3 (RFC 1157, 3416, 3412, 3414): one line with the message's variables.
//
// The message is ASN.1 in BER (X.690). An element that cannot be read is named in brackets and ends
// the part it stands in; with -v the parts around it still close their braces.
#include <optional>

#include "tools/text/fields.h"
#include "tools/text/protocols.h"

namespace capstan::text {

namespace {

constexpr const char* kUniversal[] = {
    "U-0", "Boolean", "Integer", "Bitstring", "String", "Null", "ObjID", "ObjectDes", "U-8",
    "U-9", "U-10",    "U-11",    "U-12",      "U-13",   "U-14", "U-15",  "Sequence",  "Set"};
constexpr const char* kApplication[] = {"IpAddress", "Counter", "Gauge",    "TimeTicks",
                                        "Opaque",    "C-5",     "Counter64"};
constexpr const char* kPdus[] = {"GetRequest", "GetNextRequest", "GetResponse",
                                 "SetRequest", "Trap",           "GetBulk",
                                 "Inform",     "V2Trap",         "Report"};
constexpr const char* kPrivate[] = {"P-0"};
constexpr const char* kExceptions[] = {"noSuchObject", "noSuchInstance", "endOfMibView"};
constexpr const char* kErrors[] = {"noError",
                                   "tooBig",
                                   "noSuchName",
                                   "badValue",
                                   "readOnly",
                                   "genErr",
                                   "noAccess",
                                   "wrongType",
                                   "wrongLength",
                                   "wrongEncoding",
                                   "wrongValue",
                                   "noCreation",
                                   "inconsistentValue",
                                   "resourceUnavailable",
                                   "commitFailed",
                                   "undoFailed",
                                   "authorizationError",
                                   "notWritable",
                                   "inconsistentName"};
constexpr const char* kTraps[] = {
    "coldStart",       "warmStart",         "linkDown", "linkUp", "authenticationFailure",
    "egpNeighborLoss", "enterpriseSpecific"};

enum Class : unsigned { kClassUniversal, kClassApplication, kClassContext, kClassPrivate };
// What is no universal type is shown as of class "x".
constexpr std::span<const char* const> kClasses[] = {kUniversal, kApplication, kPdus, kPrivate};

enum Pdu : unsigned { kGet, kGetNext, kResponse, kSet, kTrap, kGetBulk, kInform, kV2Trap, kReport };
enum Version : std::int32_t { kV1 = 0, kV2c = 1, kV3 = 3 };

enum class Kind {
  kUnknown,
  kOctets,
  kNull,
  kObjectId,
  kInteger,
  kUnsigned,
  kUnsigned64,
  kString,
  kSequence,
  kAddress,
  kPdu,
  kException
};

struct Element {
  Kind kind = Kind::kUnknown;
  unsigned id = 0;
  std::uint32_t size = 0;   // of the content
  std::uint64_t value = 0;  // of the kinds that are numbers
  std::size_t total = 0;    // header and content
};

class SnmpPrinter {
 public:
  explicit SnmpPrinter(Printer& printer) : p_(printer) {}
  void message(Input in);

 private:
  // Reads the element `in` begins with. None: said why.
  std::optional<Element> parse(const Input& in, Input& content);
  bool parse_tag(const Input& in, std::size_t& at, std::size_t& left, unsigned& id);
  bool parse_size(const Input& in, std::size_t& at, std::size_t& left, std::uint32_t& size);
  bool classify_primitive(unsigned element_class, const Input& content, Element& element);
  bool classify_universal(const Input& content, Element& element);
  void classify_constructed(unsigned element_class, Element& element);
  // Takes the element off the front of `in` when it is of `kind`; says `complaint` and shows it
  // otherwise.
  bool take(Input& in, Kind kind, std::string_view complaint, Element& element, Input& content);
  bool take_integer(Input& in, std::string_view complaint, std::int32_t& value);

  bool print(const Element& element, const Input& content);
  bool octets(const Input& content);
  bool string(const Input& content);
  void object_id(const Input& content);

  void bindings(unsigned pdu, Input in);
  bool binding(unsigned pdu, Input in);
  void request_pdu(unsigned pdu, Input in);
  bool error_fields(unsigned pdu, Input& in);
  void trap_pdu(Input in);
  void any_pdu(Input in, std::int32_t version);
  void community_message(Input in, std::int32_t version);
  void scoped_pdu(Input in);
  void user_security(Input in);
  void v3_message(Input in);
  bool v3_header(Input& in);
  void put_extra(const Input& rest, std::string_view after);
  void put_error(std::int32_t status);

  Printer& p_;
};

bool SnmpPrinter::parse_tag(const Input& in, std::size_t& at, std::size_t& left, unsigned& id) {
  constexpr unsigned kExtended = 0x1f;
  at = 1;
  left = in.length() - 1;
  id = in.u8(0) & kExtended;
  if (id != kExtended) return true;
  id = 0;
  while ((in.u8(at) & 0x80) != 0 && !p_.truncated()) {
    if (left < 1) {
      p_.out.put("[Xtagfield?]");
      return false;
    }
    id = (id << 7 | (in.u8(at) & 0x7fu)) & 0xff;
    ++at;
    --left;
  }
  if (left < 1) {
    p_.out.put("[Xtagfield?]");
    return false;
  }
  id = (id << 7 | in.u8(at)) & 0xff;
  ++at;
  --left;
  return true;
}

bool SnmpPrinter::parse_size(const Input& in, std::size_t& at, std::size_t& left,
                             std::uint32_t& size) {
  if (left < 1) {
    p_.out.put("[no asnlen]");
    return false;
  }
  size = in.u8(at++);
  --left;
  if ((size & 0x80) == 0) return true;
  const std::size_t octets = size & 0x7f;
  size = 0;
  if (left < octets) {
    p_.out.put("[asnlen? ").dec(left).put('<').dec(octets).put(']');
    return false;
  }
  if (!in.has(at, octets)) {
    p_.put_truncated();
    return false;
  }
  for (std::size_t i = 0; i < octets; ++i) size = size << 8 | in.u8(at + i);
  at += octets;
  left -= octets;
  return true;
}

bool SnmpPrinter::classify_universal(const Input& content, Element& element) {
  switch (element.id) {
    case 2: {
      if (element.size == 0) {
        p_.out.put("[asnlen=0]");
        return false;
      }
      std::uint32_t value = (content.u8(0) & 0x80) != 0 ? 0xffffffffu : 0;
      for (std::size_t i = 0; i < element.size; ++i) value = value << 8 | content.u8(i);
      element.kind = Kind::kInteger;
      element.value = value;
      return true;
    }
    case 4:
      element.kind = Kind::kString;
      return true;
    case 5:
      element.kind = Kind::kNull;
      return true;
    case 6:
      element.kind = Kind::kObjectId;
      return true;
    default:
      element.kind = Kind::kOctets;
      p_.out.put("[P/U/").put(kUniversal[element.id]).put(']');
      return true;
  }
}

bool SnmpPrinter::classify_primitive(unsigned element_class, const Input& content,
                                     Element& element) {
  if (element_class == kClassUniversal) return classify_universal(content, element);
  if (element_class == kClassContext) {
    if (element.id < std::size(kExceptions)) element.kind = Kind::kException;
    return true;
  }
  element.kind = Kind::kOctets;
  if (element_class == kClassPrivate) {
    p_.out.put("[P/x/").put(kPrivate[element.id]).put(']');
    return true;
  }
  switch (element.id) {
    case 0:
      element.kind = Kind::kAddress;
      return true;
    case 1:
    case 2:
    case 3:
    case 6:
      for (std::size_t i = 0; i < element.size; ++i)
        element.value = element.value << 8 | content.u8(i);
      element.kind = element.id == 6 ? Kind::kUnsigned64 : Kind::kUnsigned;
      return true;
    default:
      p_.out.put("[P/A/").put(kApplication[element.id]).put(']');
      return true;
  }
}

void SnmpPrinter::classify_constructed(unsigned element_class, Element& element) {
  constexpr unsigned kSequenceId = 16;
  if (element_class == kClassContext) {
    element.kind = Kind::kPdu;
  } else if (element_class == kClassUniversal && element.id == kSequenceId) {
    element.kind = Kind::kSequence;
  } else {
    element.kind = Kind::kOctets;
    p_.out.put(element_class == kClassUniversal ? "C/U/" : "C/x/");
    p_.out.put(kClasses[element_class][element.id]);
  }
}

std::optional<Element> SnmpPrinter::parse(const Input& in, Input& content) {
  if (in.length() < 1) {
    p_.out.put("[nothing to parse]");
    return {};
  }
  const unsigned first = in.u8(0);
  const bool constructed = (first & 0x20) != 0;
  const unsigned element_class = first >> 6;
  Element element;
  std::size_t at = 0;
  std::size_t left = 0;
  if (!parse_tag(in, at, left, element.id) || !parse_size(in, at, left, element.size)) return {};
  if (left < element.size) {
    p_.out.put("[len").dec(left).put("<asnlen").dec(element.size).put(']');
    return {};
  }
  if (element.id >= kClasses[element_class].size()) {
    p_.out.put("[id?").put(constructed ? 'C' : 'P').put("/x/");
    p_.out.dec(element.id).put(']');
    return {};
  }
  if (!in.has(at, element.size)) {
    p_.put_truncated();
    return {};
  }
  content = in.from(at).first(element.size);
  element.total = at + element.size;
  if (constructed) {
    classify_constructed(element_class, element);
  } else if (!classify_primitive(element_class, content, element)) {
    return {};
  }
  return element;
}

bool SnmpPrinter::take(Input& in, Kind kind, std::string_view complaint, Element& element,
                       Input& content) {
  const std::optional<Element> parsed = parse(in, content);
  if (!parsed || p_.truncated()) return false;
  element = *parsed;
  if (element.kind != kind) {
    p_.out.put('[').put(complaint).put(']');
    print(element, content);
    return false;
  }
  in = in.from(element.total);
  return true;
}

bool SnmpPrinter::take_integer(Input& in, std::string_view complaint, std::int32_t& value) {
  Element element;
  Input content = in;
  if (!take(in, Kind::kInteger, complaint, element, content)) return false;
  value = static_cast<std::int32_t>(static_cast<std::uint32_t>(element.value));
  return true;
}

bool SnmpPrinter::octets(const Input& content) {
  for (std::size_t i = 0; i < content.length(); ++i) p_.out.put('_').hex(content.u8(i), 2);
  return true;
}

bool SnmpPrinter::string(const Input& content) {
  bool printable = true;
  for (std::size_t i = 0; i < content.length(); ++i) {
    const std::uint8_t byte = content.u8(i);
    printable = printable && byte >= 0x20 && byte < 0x7f;
  }
  if (printable) {
    p_.out.put('"');
    p_.safe_text(content, content.length());
    p_.out.put('"');
    return true;
  }
  for (std::size_t i = 0; i < content.length(); ++i) {
    if (i > 0) p_.out.put('_');
    p_.out.hex(content.u8(i), 2);
  }
  return true;
}

// X.690 section 8.19: the first number holds two.
void SnmpPrinter::object_id(const Input& content) {
  std::uint32_t number = 0;
  bool first = true;
  for (std::size_t i = 0; i < content.length(); ++i) {
    const std::uint8_t byte = content.u8(i);
    number = (number << 7) + (byte & 0x7fu);
    if ((byte & 0x80) != 0) continue;
    if (first) {
      const std::uint32_t root = static_cast<std::int32_t>(number) < 0 ? 0 : number / 40;
      const std::uint32_t shown = root > 2 ? 2 : root;
      p_.out.put('.').dec(shown);
      number -= shown * 40;
      first = false;
    }
    p_.out.put('.').dec(number);
    number = 0;
  }
}

bool SnmpPrinter::print(const Element& element, const Input& content) {
  switch (element.kind) {
    case Kind::kOctets:
      return octets(content);
    case Kind::kNull:
      return true;
    case Kind::kObjectId:
      object_id(content);
      return true;
    case Kind::kInteger:
      p_.out.signed_dec(static_cast<std::int32_t>(static_cast<std::uint32_t>(element.value)));
      return true;
    case Kind::kUnsigned:
      p_.out.dec(element.value & 0xffffffffu);
      return true;
    case Kind::kUnsigned64:
      p_.out.dec(element.value);
      return true;
    case Kind::kString:
      return string(content);
    case Kind::kSequence:
      p_.out.put("Seq(").dec(element.size).put(')');
      return true;
    case Kind::kAddress:
      if (element.size != 4) p_.out.put("[inetaddr len!=4]");
      for (std::size_t i = 0; i < element.size; ++i) {
        if (i > 0) p_.out.put('.');
        p_.out.dec(content.u8(i));
      }
      return true;
    case Kind::kPdu:
      p_.out.put(kPdus[element.id]).put('(').dec(element.size).put(')');
      return true;
    case Kind::kException:
      p_.out.put('[').put(kExceptions[element.id]).put(']');
      return true;
    case Kind::kUnknown:
      p_.out.put("[BE_ANY!?]");
      return true;
  }
  return true;
}

void SnmpPrinter::put_extra(const Input& rest, std::string_view after) {
  if (rest.length() > 0)
    p_.out.put('[').dec(rest.length()).put(" extra after ").put(after).put(']');
}

// RFC 3416 section 3: one name and value.
bool SnmpPrinter::binding(unsigned pdu, Input in) {
  const bool asks = pdu == kGet || pdu == kGetNext || pdu == kGetBulk;
  Element element;
  Input content = in;
  if (!take(in, Kind::kObjectId, "objName!=OID", element, content)) return false;
  print(element, content);
  if (!asks) p_.out.put('=');
  const std::optional<Element> value = parse(in, content);
  if (!value) return false;
  if (value->kind == Kind::kNull) return true;
  if (asks) p_.out.put("[objVal!=NULL]");
  return print(*value, content);
}

void SnmpPrinter::bindings(unsigned pdu, Input in) {
  Element element;
  Input list = in;
  if (!take(in, Kind::kSequence, "!SEQ of varbind", element, list)) return;
  put_extra(in, "SEQ of varbind");
  while (list.length() > 0 && !p_.truncated()) {
    p_.out.put(' ');
    Input content = list;
    if (!take(list, Kind::kSequence, "!varbind", element, content)) return;
    if (!binding(pdu, content)) return;
  }
}

void SnmpPrinter::put_error(std::int32_t status) {
  if (status >= 0 && static_cast<std::size_t>(status) < std::size(kErrors)) {
    p_.out.put(kErrors[status]);
  } else {
    p_.out.put("err=").dec(static_cast<std::uint32_t>(status));
  }
}

bool SnmpPrinter::error_fields(unsigned pdu, Input& in) {
  const bool must_be_zero = pdu == kGet || pdu == kGetNext || pdu == kSet || pdu == kInform ||
                            pdu == kV2Trap || pdu == kReport;
  std::int32_t status = 0;
  if (!take_integer(in, "errorStatus!=INT", status)) return false;
  bool has_error = false;
  if (must_be_zero && status != 0) {
    p_.out.put("[errorStatus(");
    put_error(status);
    p_.out.put(")!=0]");
  } else if (pdu == kGetBulk) {
    p_.out.put(" N=").signed_dec(status);
  } else if (status != 0) {
    p_.out.put(' ');
    put_error(status);
    has_error = true;
  }
  std::int32_t index = 0;
  if (!take_integer(in, "errorIndex!=INT", index)) return false;
  if (must_be_zero && index != 0) {
    p_.out.put("[errorIndex(").signed_dec(index).put(")!=0]");
  } else if (pdu == kGetBulk) {
    p_.out.put(" M=").signed_dec(index);
  } else if (index != 0) {
    if (has_error) {
      p_.out.put('@').signed_dec(index);
    } else {
      p_.out.put("[errorIndex(").signed_dec(index).put(") w/o errorStatus]");
    }
  } else if (has_error) {
    p_.out.put("[errorIndex==0]");
  }
  return true;
}

void SnmpPrinter::request_pdu(unsigned pdu, Input in) {
  std::int32_t request = 0;
  if (!take_integer(in, "reqId!=INT", request)) return;
  if (p_.verbose()) p_.out.put("R=").signed_dec(request).put(' ');
  if (!error_fields(pdu, in)) return;
  bindings(pdu, in);
}

// RFC 1157 section 4.1.6.
void SnmpPrinter::trap_pdu(Input in) {
  constexpr std::int32_t kEnterpriseSpecific = 6;
  Element element;
  Input content = in;
  p_.out.put(' ');
  if (!take(in, Kind::kObjectId, "enterprise!=OID", element, content)) return;
  print(element, content);
  p_.out.put(' ');
  if (!take(in, Kind::kAddress, "agent-addr!=INETADDR", element, content)) return;
  print(element, content);
  std::int32_t generic = 0;
  if (!take_integer(in, "generic-trap!=INT", generic)) return;
  p_.out.put(' ');
  if (generic >= 0 && static_cast<std::size_t>(generic) < std::size(kTraps)) {
    p_.out.put(kTraps[generic]);
  } else {
    p_.out.put("gt=").signed_dec(generic);
  }
  std::int32_t specific = 0;
  if (!take_integer(in, "specific-trap!=INT", specific)) return;
  if (generic == kEnterpriseSpecific) {
    p_.out.put(" s=").signed_dec(specific);
  } else if (specific != 0) {
    p_.out.put("[specific-trap(").signed_dec(specific).put(")!=0]");
  }
  p_.out.put(' ');
  if (!take(in, Kind::kUnsigned, "time-stamp!=TIMETICKS", element, content)) return;
  print(element, content);
  bindings(kTrap, in);
}

void SnmpPrinter::any_pdu(Input in, std::int32_t version) {
  Input content = in;
  const std::optional<Element> pdu = parse(in, content);
  if (!pdu) return;
  if (pdu->kind != Kind::kPdu) {
    p_.out.put("[no PDU]");
    return;
  }
  put_extra(in.from(pdu->total), "PDU");
  if (p_.verbose()) p_.out.put("{ ");
  print(*pdu, content);
  p_.out.put(' ');
  if (version == kV1 && pdu->id >= kGetBulk) {
    p_.out.put("[v2 PDU in v1 message]");
    return;
  }
  if (version == kV2c && pdu->id == kTrap) {
    p_.out.put("[v1 PDU in v2 message]");
    return;
  }
  if (pdu->id == kTrap) {
    trap_pdu(content);
  } else {
    request_pdu(pdu->id, content);
  }
  if (p_.verbose()) p_.out.put(" } ");
}

void SnmpPrinter::community_message(Input in, std::int32_t version) {
  constexpr std::string_view kDefaultCommunity = "public";
  Element element;
  Input content = in;
  if (!take(in, Kind::kString, "comm!=STR", element, content)) return;
  const std::string_view community(reinterpret_cast<const char*>(content.data()),
                                   content.captured());
  if (community != kDefaultCommunity) {
    p_.out.put("C=");
    string(content);
    p_.out.put(' ');
  }
  any_pdu(in, version);
}

// RFC 3412 section 6.
void SnmpPrinter::scoped_pdu(Input in) {
  Element element;
  Input content = in;
  if (!take(in, Kind::kSequence, "!scoped PDU", element, content)) return;
  in = content;
  if (!take(in, Kind::kString, "contextEngineID!=STR", element, content)) return;
  p_.out.put("E=");
  octets(content);
  p_.out.put(' ');
  if (!take(in, Kind::kString, "contextName!=STR", element, content)) return;
  p_.out.put("C=");
  string(content);
  p_.out.put(' ');
  any_pdu(in, kV3);
}

// RFC 3414 section 2.4.
void SnmpPrinter::user_security(Input in) {
  Element element;
  Input content = in;
  if (!take(in, Kind::kSequence, "!usm", element, content)) return;
  in = content;
  if (!take(in, Kind::kString, "msgAuthoritativeEngineID!=STR", element, content)) return;
  std::int32_t number = 0;
  if (!take_integer(in, "msgAuthoritativeEngineBoots!=INT", number)) return;
  if (p_.verbose()) p_.out.put("B=").signed_dec(number).put(' ');
  if (!take_integer(in, "msgAuthoritativeEngineTime!=INT", number)) return;
  if (p_.verbose()) p_.out.put("T=").signed_dec(number).put(' ');
  if (!take(in, Kind::kString, "msgUserName!=STR", element, content)) return;
  p_.out.put("U=");
  string(content);
  p_.out.put(' ');
  if (!take(in, Kind::kString, "msgAuthenticationParameters!=STR", element, content)) return;
  const std::size_t left = in.length();
  if (!take(in, Kind::kString, "msgPrivacyParameters!=STR", element, content)) return;
  // What is left is measured before the last field is taken off, but against that field's size.
  const std::size_t after = left - element.total;
  if (element.total < after)
    p_.out.put('[').dec(after - element.total).put(" extra after usm SEQ]");
}

bool SnmpPrinter::v3_header(Input& in) {
  Element element;
  Input content = in;
  std::int32_t number = 0;
  if (!take_integer(in, "msgID!=INT", number)) return false;
  if (!take_integer(in, "msgMaxSize!=INT", number)) return false;
  if (!take(in, Kind::kString, "msgFlags!=STR", element, content)) return false;
  if (element.size != 1) {
    p_.out.put("[msgFlags size ").dec(element.size).put(']');
    return false;
  }
  const unsigned flags = content.u8(0);
  // Privacy asks for authentication.
  if (flags > 7 || (flags & 3) == 2) {
    p_.out.format("[msgFlags=0x{:02X}]", flags);
    return false;
  }
  p_.out.put("F=");
  if ((flags & 1) != 0) p_.out.put('a');
  if ((flags & 2) != 0) p_.out.put('p');
  if ((flags & 4) != 0) p_.out.put('r');
  p_.out.put(' ');
  const std::size_t left = in.length();
  if (!take_integer(in, "msgSecurityModel!=INT", number)) return false;
  const std::size_t total = left - in.length();
  if (total < in.length()) {
    p_.out.put('[').dec(in.length() - total).put(" extra after message SEQ]");
  }
  if (p_.verbose()) p_.out.put("} ");
  constexpr std::int32_t kUserSecurity = 3;
  if (number != kUserSecurity) {
    p_.out.put("[security model ").signed_dec(number).put(']');
    return false;
  }
  if (p_.verbose()) p_.out.put("{ USM ");
  return true;
}

void SnmpPrinter::v3_message(Input in) {
  Element element;
  Input content = in;
  const Input message = in;
  if (!take(in, Kind::kSequence, "!message", element, content)) return;
  if (p_.verbose()) p_.out.put("{ ");
  if (!v3_header(content)) return;
  // Goes on behind the header's last known field, whatever the header's own size.
  in = message.from(static_cast<std::size_t>(content.data() - message.data()));
  if (!take(in, Kind::kString, "msgSecurityParameters!=STR", element, content)) return;
  user_security(content);
  if (p_.verbose()) p_.out.put("} { ScopedPDU ");
  scoped_pdu(in);
  if (p_.verbose()) p_.out.put("} ");
}

void SnmpPrinter::message(Input in) {
  Element element;
  Input content = in;
  if (!take(in, Kind::kSequence, "!init SEQ", element, content)) return;
  put_extra(in, "iSEQ");
  in = content;
  std::int32_t version = 0;
  if (!take_integer(in, "version!=INT", version)) return;
  if (version != kV1 && version != kV2c && version != kV3) {
    p_.out.put("SNMP [version = ").signed_dec(version).put(']');
    return;
  }
  if (p_.verbose()) {
    p_.out.put(version == kV1 ? "{ SNMPv1 " : version == kV2c ? "{ SNMPv2c " : "{ SNMPv3 ");
  }
  if (version == kV3) {
    v3_message(in);
  } else {
    community_message(in, version);
  }
  if (p_.verbose()) p_.out.put("} ");
}

}  // namespace

void print_snmp(Printer& p, Input in) {
  p.set_protocol("snmp");
  p.out.put(' ');
  SnmpPrinter(p).message(in);
}

}  // namespace capstan::text
