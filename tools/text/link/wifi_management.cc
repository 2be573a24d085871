// 802.11 management frames (IEEE 802.11-2020 section 9.3.3).
#include <algorithm>

#include "tools/text/fields.h"
#include "tools/text/link/wifi.h"
#include "tools/text/link/wifi_tables.h"

namespace capstan::text {

namespace {

enum Subtype : std::uint8_t {
  kAssociation = 0,
  kAssociationResponse = 1,
  kReassociation = 2,
  kReassociationResponse = 3,
  kProbe = 4,
  kProbeResponse = 5,
  kBeacon = 8,
  kDisassociation = 10,
  kAuthentication = 11,
  kDeauthentication = 12,
  kAction = 13,
};
constexpr Token kManagementNames[] = {{0, "Assoc Request"},
                                      {1, "Assoc Response"},
                                      {2, "ReAssoc Request"},
                                      {3, "ReAssoc Response"},
                                      {4, "Probe Request"},
                                      {5, "Probe Response"},
                                      {8, "Beacon"},
                                      {9, "ATIM"},
                                      {10, "Disassociation"},
                                      {11, "Authentication"},
                                      {12, "DeAuthentication"},
                                      {13, "Action"}};

constexpr std::size_t kHeaderBytes = 24;
constexpr std::uint16_t kPrivacy = 0x10;

struct Elements {
  Input name;
  Input rates;
  bool has_name = false;
  bool has_rates = false;
  unsigned channel = 0;
  bool is_cut = false;  // the last one runs past the end
};

Elements find_elements(const Input& in, std::size_t at) {
  Elements found{in.first(0), in.first(0)};
  while (in.has(at, 1)) {
    found.is_cut = !in.has(at, 2) || !in.has(at + 2, in.u8(at + 1));
    if (found.is_cut) break;
    const std::uint8_t kind = in.u8(at);
    const std::size_t size = in.u8(at + 1);
    const Input value = in.from(at + 2).first(size);
    if (kind == 0 && !found.has_name) {
      found.name = value;
      found.has_name = true;
    } else if (kind == 1 && !found.has_rates) {
      found.rates = value;
      found.has_rates = true;
    } else if (kind == 3 && size == 1) {
      found.channel = value.u8(0);
    }
    at += 2 + size;
  }
  return found;
}

void put_rates(Printer& p, const Input& rates) {
  p.out.put(" [");
  for (std::size_t i = 0; i < std::min<std::size_t>(rates.length(), 16); ++i) {
    const unsigned half_megabits = rates.u8(i) & 0x7fU;
    p.out.put(i > 0 ? " " : "").dec(half_megabits / 2).put('.').dec(half_megabits % 2 * 5);
    if ((rates.u8(i) & 0x80) != 0) p.out.put('*');
  }
  if (rates.length() > 0) p.out.put(' ');
  p.out.put("Mbit]");
}

void put_name_and_rates(Printer& p, const Elements& elements) {
  if (elements.has_name) {
    p.out.put(" (");
    p.safe_text(elements.name, elements.name.length());
    p.out.put(')');
  }
  if (elements.has_rates) put_rates(p, elements.rates);
}

void put_request(Printer& p, const Input& body, std::uint8_t subtype) {
  const std::size_t fixed = subtype == kAssociation ? 4 : subtype == kReassociation ? 10 : 0;
  if (!body.need(0, fixed)) return;
  const Elements elements = find_elements(body, fixed);
  if (subtype == kReassociation) {
    if (elements.has_name) {
      p.out.put(" (");
      p.safe_text(elements.name, elements.name.length());
      p.out.put(')');
    }
    p.out.put(" AP : ").mac(body.at(4, 6));
  } else {
    put_name_and_rates(p, elements);
  }
  if (elements.is_cut) p.truncate();
}

void put_association_response(Printer& p, const Input& body) {
  if (!body.need(0, 6)) return;
  p.out.put(" AID(").hex(body.le16(4) & 0x3fffU).put(") :");
  if ((body.le16(0) & kPrivacy) != 0) p.out.put(" PRIVACY ");
  p.out.put(": ");
  put_name(p, kWifiStatuses, body.le16(2), "Reserved");
  if (find_elements(body, 6).is_cut) p.truncate();
}

// A beacon, or a probe response, which does not tell the kind of network.
void put_announcement(Printer& p, const Input& body, bool beacon) {
  constexpr std::size_t kFixedBytes = 12;
  if (!body.need(0, kFixedBytes)) return;
  const Elements elements = find_elements(body, kFixedBytes);
  put_name_and_rates(p, elements);
  const std::uint16_t capabilities = body.le16(10);
  if (beacon) p.out.put((capabilities & 1U) != 0 ? " ESS" : " IBSS");
  if (elements.channel != 0) p.out.put(" CH: ").dec(elements.channel);
  if ((capabilities & kPrivacy) != 0) p.out.put(", PRIVACY");
  if (elements.is_cut) p.truncate();
}

void put_authentication(Printer& p, const Input& body, bool encrypted) {
  constexpr Token kAlgorithms[] = {{0, "Open System"}, {1, "Shared Key"}, {2, "EAP"}};
  if (encrypted) {
    put_wifi_vector(p, body);
    return;
  }
  if (!body.need(0, 6)) return;
  const std::uint16_t algorithm = body.le16(0);
  const std::uint16_t step = body.le16(2);
  p.out.put(" (");
  put_name(p, kAlgorithms, algorithm, "Reserved").put(")-").dec(step);
  const bool challenge = algorithm == 1 && (step == 2 || step == 3);
  p.out.put(challenge ? " [Challenge Text] " : ": ");
  // The second and fourth are answered, not judged.
  if (step % 2 != 0) put_name(p, kWifiStatuses, body.le16(4), "Reserved");
}

// With -e the source has been printed already.
void put_source(Printer& p, const Input& in) {
  if (!p.options.link_header) p.out.put(" (").mac(in.at(10, 6)).put(')');
  p.out.put(": ");
}

void put_action(Printer& p, const Input& in, const Input& body) {
  constexpr Token kCategories[] = {{0, "Spectrum Management "},
                                   {1, "QoS "},
                                   {2, "DLS "},
                                   {3, "BA "},
                                   {7, "HT "},
                                   {127, "Vendor "}};
  constexpr Token kBlockActions[] = {{0, "ADDBA Request"}, {1, "ADDBA Response"}, {2, "DELBA"}};
  constexpr Token kThroughputActions[] = {{0, "TxChWidth"}, {1, "MIMOPwrSave"}};
  if (!body.need(0, 2)) return;
  put_source(p, in);
  const std::uint8_t category = body.u8(0);
  p.token(kCategories, category, "Reserved(", ") ");
  const std::uint8_t action = body.u8(1);
  if (category == 3) {
    p.token(kBlockActions, action, "Act#");
  } else if (category == 7) {
    p.token(kThroughputActions, action, "Act#");
  } else {
    p.out.put("Act#").dec(action);
  }
}

void put_reason(Printer& p, const Input& body) {
  put_name(p, kWifiReasons, body.le16(0), "Reserved");
}

}  // namespace

void print_wifi_management(Printer& p, const Input& in, std::uint8_t subtype, bool encrypted) {
  if (!in.need(0, kHeaderBytes)) return;
  if (p.options.link_header) {
    put_wifi_address(p, "BSSID:", in, 16);
    put_wifi_address(p, "DA:", in, 4);
    put_wifi_address(p, "SA:", in, 10);
  }
  const char* name = find_token(kManagementNames, subtype);
  if (name == nullptr) {
    p.out.put("Unhandled Management subtype(").hex(subtype).put(')');
    return;
  }
  p.out.put(name);
  const Input body = in.from(kHeaderBytes);
  switch (subtype) {
    case kAssociation:
    case kReassociation:
    case kProbe:
      return put_request(p, body, subtype);
    case kAssociationResponse:
    case kReassociationResponse:
      return put_association_response(p, body);
    case kProbeResponse:
    case kBeacon:
      return put_announcement(p, body, subtype == kBeacon);
    case kDisassociation:
      if (!body.need(0, 2)) return;
      p.out.put(": ");
      return put_reason(p, body);
    case kAuthentication:
      return put_authentication(p, body, encrypted);
    case kDeauthentication:
      if (!body.need(0, 2)) return;
      put_source(p, in);
      return put_reason(p, body);
    case kAction:
      return put_action(p, in, body);
    default:
      return;
  }
}

}  // namespace capstan::text
