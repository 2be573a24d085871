// TransportWalk: performs the walk of transport.h, layer by layer. Used by transport*.cc only.
//
// Each layer reads its own header, limits the end when it knows its own length, and says which
// layer comes next and where. The loop in run() limits the number of layers.
#pragma once

#include "engine/flow/byte_reader.h"
#include "engine/flow/transport.h"

namespace capstan {

class TransportWalk {
 public:
  TransportWalk(ByteReader bytes, std::uint32_t wire_bytes) noexcept
      : all_(bytes), end_(bytes.size()), wire_end_(wire_bytes) {}

  // Starts at the first byte of a link header.
  bool from_link(std::uint16_t link_type) noexcept {
    link_type_ = link_type;
    go(Layer::kLink, 0);
    if (link_type == link_type::kEthernet && usual()) return true;
    return run();
  }
  // Starts after an IP header, whose fields `packet` already has.
  bool from_ip_payload() noexcept {
    go(Layer::kIpPayload, 0);
    return run();
  }

  TransportPacket packet;
  Unseen unseen;

 private:
  enum class Layer : std::uint8_t {
    kDone,  // a packet was found
    kStop,  // nothing was found; `unseen` may say why
    kLink,
    kEthernet,
    kEtherType,
    kLlc,
    kIp,
    kIpPayload,
    kTransport,
    kMpls,
    kPpp,
    kWifi,
    kFrameRelay,
    kGre,
    kNsh,
  };

  bool run() noexcept;
  // The fast path for nearly every packet: Ethernet, at most one VLAN tag, IP, directly followed by
  // TCP or UDP. True: a packet was found, with the same result as the layers would give. False: the
  // layers continue, from the front or inside a tunnel.
  bool usual() noexcept;
  void go(Layer layer, std::size_t at) noexcept {
    layer_ = layer;
    at_ = at;
  }
  void go_type(std::uint16_t type, std::size_t at) noexcept {
    type_ = type;
    go(Layer::kEtherType, at);
  }
  // Nothing was found; `what` names what was not followed, or is empty where no session can be.
  void stop(Unseen what) noexcept {
    unseen = what;
    layer_ = Layer::kStop;
  }
  void damaged() noexcept { stop({"damaged packet"}); }
  // The layer at `at` ends after `bytes` bytes: padding and trailers behind it are not payload.
  void limit(std::size_t at, std::size_t bytes) noexcept {
    const std::size_t wire = at + bytes;
    if (wire < wire_end_) wire_end_ = static_cast<std::uint32_t>(wire);
    if (wire < end_) end_ = wire;
  }
  bool has(std::size_t at, std::size_t bytes) const noexcept {
    return at <= end_ && bytes <= end_ - at;
  }
  ByteReader rest(std::size_t at) const noexcept { return all_.first(end_).from(at); }
  void tag(std::uint16_t control) noexcept {
    const auto id = static_cast<std::uint16_t>(0x1000 | (control & 0x0fff));
    packet.vlans[packet.vlans[0] == 0 ? 0 : 1] = id;
  }

  // transport.cc
  void transport() noexcept;
  void message(Carrier carrier, std::size_t at) noexcept;

  // transport_ip.cc
  void ether_type() noexcept;
  void ip() noexcept;
  void ipv4() noexcept;
  void ipv6() noexcept;
  void ip_payload() noexcept;
  bool extension_header() noexcept;
  void fragment(std::uint32_t offset, bool more, std::uint32_t id, std::size_t from) noexcept;

  // transport_link.cc
  void link() noexcept;
  void ethernet() noexcept;
  void rare_ether_type() noexcept;
  void llc() noexcept;
  void ppp() noexcept;
  void ppp_payload(std::uint16_t protocol, std::size_t at) noexcept;
  void ppp_multilink(std::size_t at) noexcept;
  void wifi() noexcept;
  void frame_relay() noexcept;
  void nflog() noexcept;
  void pflog() noexcept;
  void sun_atm() noexcept;
  void pseudo_header(std::size_t at) noexcept;
  void family(std::uint32_t family, std::size_t at) noexcept;
  void dsa(std::size_t tag_at) noexcept;
  void macsec() noexcept;
  void ip_or_llc(std::size_t at) noexcept;

  // transport_tunnel.cc
  void mpls() noexcept;
  void pseudowire() noexcept;
  void gre() noexcept;
  void gre_payload(std::uint16_t flags, std::uint16_t protocol, std::size_t at) noexcept;
  void nsh() noexcept;
  void next_protocol(std::uint8_t number, std::size_t at) noexcept;
  void minimal_encapsulation() noexcept;
  void l2tp3(std::size_t at) noexcept;
  void esp_null() noexcept;
  // Returns true when the UDP payload at `at` is another packet; the walk then continues there.
  bool udp_tunnel(std::size_t at) noexcept;
  bool vxlan(std::size_t at, bool any_port) noexcept;
  bool vxlan_gpe(std::size_t at) noexcept;
  bool gtp(std::size_t at) noexcept;
  bool teredo(std::size_t at) noexcept;
  bool l2tp(std::size_t at) noexcept;
  bool capwap(std::size_t at) noexcept;
  bool gue(std::size_t at) noexcept;
  bool tzsp(std::size_t at) noexcept;
  bool geneve(std::size_t at) noexcept;
  bool ip_in_udp(std::size_t at) noexcept;
  bool into(Layer layer, std::size_t at) noexcept {
    go(layer, at);
    return true;
  }
  bool plausible_ip(std::size_t at) const noexcept;
  bool plausible_ethernet(std::size_t at) const noexcept;
  bool exact_ip(std::size_t at) const noexcept;

  ByteReader all_;
  std::size_t end_;
  std::uint32_t wire_end_;
  std::size_t at_ = 0;
  std::size_t mac_at_ = 0;  // offset of the last pair of MAC addresses; valid with has_mac_
  std::uint16_t type_ = 0;
  std::uint16_t link_type_ = 0;
  Layer layer_ = Layer::kStop;
  bool has_mac_ = false;
  bool outer_ip_ = false;  // an IP header was read: its addresses stand for what is inside a tunnel
};

}  // namespace capstan
