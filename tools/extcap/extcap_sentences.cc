#include "tools/extcap/extcap_sentences.h"

#include <fmt/format.h>
#include <net/if_arp.h>

#include <exception>
#include <fstream>

#include "engine/capture/interfaces.h"
#include "engine/core/errors.h"
#include "engine/filter/bpf_filter.h"
#include "engine/filter/packet_filter.h"
#include "engine/format/link_type.h"

namespace capstan::tools {

namespace {

constexpr std::string_view kLinkPrefix = "capstan-";
constexpr std::uint32_t kSnaplen = 262144;
// "User 0" of libpcap's numbers: what an interface has whose packets say by themselves what they
// are (Wireshark's own sshdump and others do it so).
constexpr int kUserDlt = 147;

// The kernel's ARPHRD_ of a link, or -1.
int hardware_type(const std::string& link) {
  std::ifstream file("/sys/class/net/" + link + "/type");
  int type = -1;
  file >> type;
  return type;
}

std::string dlt_sentence(int number, std::string_view name, std::string_view display) {
  return fmt::format("dlt {{number={}}}{{name={}}}{{display={}}}\n", number, name, display);
}

// Braces end a value, and there is no way to quote them.
bool can_be_named(const std::string& link) { return link.find_first_of("{}") == std::string::npos; }

}  // namespace

std::string link_of(const std::string& interface) {
  if (interface == kRecordingsInterface) return {};
  if (interface.starts_with(kLinkPrefix) && interface.size() > kLinkPrefix.size()) {
    return interface.substr(kLinkPrefix.size());
  }
  throw UsageError(
      fmt::format("--extcap-interface {}: it is {}LINK or {} (--extcap-interfaces lists all)",
                  interface, kLinkPrefix, kRecordingsInterface));
}

std::string interfaces_text() {
  std::string text = fmt::format(
      "extcap {{version={}}}{{help=file://{}/docs/wireshark.md}}"
      "{{display=Capstan}}\n",
      CAPSTAN_VERSION, CAPSTAN_DOCUMENTS);
  for (const NetworkInterface& link : list_interfaces()) {
    if (!can_be_named(link.name)) continue;
    text += fmt::format("interface {{value={}{}}}{{display=Capstan: {}}}\n", kLinkPrefix, link.name,
                        link.name == kAnyInterface ? "all interfaces" : link.name);
  }
  text += fmt::format("interface {{value={}}}{{display=Capstan: recordings on this machine}}\n",
                      kRecordingsInterface);
  text += fmt::format(
      "control {{number={}}}{{type=button}}{{role=logger}}{{display=Log}}"
      "{{tooltip=What Capstan says of this capture: losses, and where they are}}\n",
      kLogControl);
  return text;
}

std::string dlts_text(const std::string& interface) {
  const std::string link = link_of(interface);
  if (link.empty()) return dlt_sentence(kUserDlt, "USER0", "as recorded");
  std::string name = link;
  resolve_interface(name);
  try {
    const std::uint16_t type = compile_filter(name, "", kSnaplen).link_type;
    return dlt_sentence(type, link_type_name(type), link_type_text(type));
  } catch (const std::exception&) {  // without the privilege to open it
    const int hardware = hardware_type(name);
    if (hardware == ARPHRD_ETHER || hardware == ARPHRD_LOOPBACK) {
      return dlt_sentence(link_type::kEthernet, link_type_name(link_type::kEthernet),
                          link_type_text(link_type::kEthernet));
    }
    return dlt_sentence(kUserDlt, "USER0", "as the link has it");
  }
}

std::string config_text(const std::string& interface) {
  if (!link_of(interface).empty()) {
    return "arg {number=0}{call=--buffer-size}{display=Ring memory in MiB}{type=unsigned}"
           "{range=1,65536}{default=64}"
           "{tooltip=What arrives while Wireshark is busy waits here; more is lost later}\n"
           "arg {number=1}{call=--snapshot-length}{display=Bytes kept of a packet}{type=unsigned}"
           "{range=0,262144}{default=262144}{tooltip=0 is all of it}\n"
           "arg {number=2}{call=--no-promiscuous-mode}{display=Only what is for this host}"
           "{type=boolflag}{default=false}{tooltip=Do not put the interface in promiscuous mode}\n";
  }
  return fmt::format(
      "arg {{number=0}}{{call=--directory}}{{display=Recordings}}{{type=string}}{{default={}}}"
      "{{required=true}}{{tooltip=A file, a directory or a pattern of names}}\n"
      "arg {{number=1}}{{call=--since}}{{display=From}}{{type=string}}"
      "{{placeholder=2026-11-28 14:00, 14:00, -2h}}{{tooltip=Empty: from the first packet on}}\n"
      "arg {{number=2}}{{call=--until}}{{display=To}}{{type=string}}"
      "{{placeholder=2026-11-28 14:05, 14:05, -1h}}{{tooltip=Empty: to the last packet}}\n"
      "arg {{number=3}}{{call=--last}}{{display=or the last}}{{type=string}}"
      "{{placeholder=90s, 10m, 1h30m, 2d}}{{tooltip=Back from now, in place of From and To}}\n"
      "arg {{number=4}}{{call=--filter}}{{display=Filter}}{{type=string}}"
      "{{placeholder=host 192.0.2.7 and tcp port 110}}"
      "{{tooltip=In the language of capture filters, as capstan query has it}}\n"
      "arg {{number=5}}{{call=--inner}}{{display=Also inside of tunnels}}{{type=boolflag}}"
      "{{default=false}}{{tooltip=The filter may match what GRE, VXLAN and others wrap}}\n",
      kRecordingsDirectory);
}

std::string filter_complaint(const std::string& interface, const std::string& filter) {
  std::string link = link_of(interface);
  try {
    if (!link.empty()) {
      resolve_interface(link);
      try {
        compile_filter(link, filter, kSnaplen);
        return {};
      } catch (const UsageError&) {
        throw;
      } catch (const std::exception&) {  // without the privilege to open it: as for a file
      }
    }
    PacketFilter(filter, link_type::kEthernet);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

}  // namespace capstan::tools
