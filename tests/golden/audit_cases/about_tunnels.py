"""One POP3 login, behind every link type and tunnel, in fragments, with the clock elsewhere and out of order."""
import random
import struct

from cases import SECRET, case
from wire import (CLIENT, CLIENT6, MAC_A, MAC_B, SERVER, SERVER6, START_S, Session, address, checksum, ether, ether_type, frames, ip, ip4, ip6, tcp, udp, udp_ip)

S = SECRET
TURNS = [("s", b"+OK ready\r\n"), ("c", b"USER bob\r\n"), ("s", b"+OK\r\n"), ("c", b"PASS " + S + b"\r\n"), ("s", b"+OK\r\n"), ("c", b"QUIT\r\n"), ("s", b"+OK bye\r\n")]
RIGHT = "login user=bob sessions=1 client=192.0.2.10"
PACKETS = Session(TURNS).packets
PACKETS6 = Session(TURNS, v6=True).packets
OUT_A, OUT_B = "203.0.113.1", "203.0.113.2"
OUT6_A, OUT6_B = "2001:db8:f::1", "2001:db8:f::2"


def back(packet):
    return packet[12:16] == address(SERVER) if packet[0] >> 4 == 4 else packet[8:24] == address(SERVER6)


def outer(protocol, payload, number, reverse=False, v6=False):
    a, b = (OUT6_A, OUT6_B) if v6 else (OUT_A, OUT_B)
    return ip(*((b, a) if reverse else (a, b)), protocol, payload, number)


def tunnel(name, wrap, right=RIGHT, link=1, frame=True, inner=PACKETS):
    """`wrap`: from an inner packet and its number to the whole packet (framed here unless `frame` is not set)."""
    made = [wrap(packet, number) for number, packet in enumerate(inner)]
    case("tunnel_" + name, right, [ether(p) for p in made] if frame else made, link)


def in_ip(name, protocol, wrap, **how):
    v6 = how.pop("only4", False)
    tunnel(name, lambda p, i: outer(protocol, wrap(p), i, back(p)), **how)
    if not v6:
        tunnel(name + "_over6", lambda p, i: outer(protocol, wrap(p), i, back(p), True), **how)


def in_udp(name, port, wrap, sport=50000, **how):
    def packet(p, i, v6):
        a, b = (OUT6_A, OUT6_B) if v6 else (OUT_A, OUT_B)
        if back(p):
            a, b = b, a
        return ip(a, b, 17, udp(a, b, sport, port, wrap(p)), i)
    tunnel(name, lambda p, i: packet(p, i, False), **how)
    tunnel(name + "_over6", lambda p, i: packet(p, i, True), **how)


def short(value):
    return struct.pack("!H", value)


def proto(p):
    return short(ether_type(p))


def eth_in(p, tag=b""):
    ends = MAC_A + MAC_B if back(p) else MAC_B + MAC_A
    return ends + tag + proto(p) + p


# GRE (RFC 2784, 2890, 7637), ERSPAN, EoIP
in_ip("gre", 47, lambda p: b"\0\0" + proto(p) + p)
in_ip("gre_checksum", 47, lambda p: b"\x80\0" + proto(p) + b"\0\0\0\0" + p)
in_ip("gre_key_sequence", 47, lambda p: b"\x30\0" + proto(p) + bytes(8) + p)
in_ip("gre_all", 47, lambda p: b"\xb0\0" + proto(p) + bytes(12) + p)
in_ip("gre_inner6", 47, lambda p: b"\0\0" + proto(p) + p, inner=PACKETS6, right="login user=bob sessions=1")
in_ip("gretap", 47, lambda p: b"\0\0\x65\x58" + eth_in(p))
in_ip("gretap_key_vlan", 47, lambda p: b"\x20\0\x65\x58\0\0\0\7" + eth_in(p, b"\x81\0\0\x05"))
in_ip("nvgre", 47, lambda p: b"\x20\0\x65\x58\0\x12\x34\0" + eth_in(p))
in_ip("erspan1", 47, lambda p: b"\0\0\x88\xbe" + eth_in(p))
in_ip("erspan2", 47, lambda p: b"\x10\0\x88\xbe\0\0\0\1" + b"\x10\x05\x08\1\0\0\0\0" + eth_in(p))
in_ip("erspan3", 47, lambda p: b"\x10\0\x22\xeb\0\0\0\1" + b"\x20\x05\x08\1" + bytes(8) + eth_in(p))
in_ip("erspan3_subheader", 47, lambda p: b"\x10\0\x22\xeb\0\0\0\1" + b"\x20\x05\x08\1" + bytes(7) + b"\1" + bytes(8) + eth_in(p))
in_ip("gre_mpls", 47, lambda p: b"\0\0\x88\x47\0\1\x01\x40" + p)
in_ip("gre_ppp", 47, lambda p: b"\x30\1\x88\x0b" + short(len(p) + 4) + b"\0\7\0\0\0\1" + b"\xff\x03\0\x21" + p)
in_ip("gre_ppp_short", 47, lambda p: b"\x30\1\x88\x0b" + short(len(p) + 1) + b"\0\7\0\0\0\1" + b"\x21" + p)
in_ip("gre_ppp_ack", 47, lambda p: b"\x30\x81\x88\x0b" + short(len(p) + 2) + b"\0\7\0\0\0\1\0\0\0\1" + b"\0\x21" + p)
in_ip("eoip", 47, lambda p: b"\x20\1\x64\0" + struct.pack("!H", len(p) + 14) + b"\7\0" + eth_in(p), only4=True)
in_ip("gre_nsh", 47, lambda p: b"\0\0\x89\x4f" + b"\x0f\xc6\1\1" + bytes(20) + p)
in_ip("gre_vlan", 47, lambda p: b"\0\0\x81\0\0\5" + proto(p) + p)
in_ip("gre_in_gre", 47, lambda p: b"\0\0\x08\0" + ip4("10.0.0.1", "10.0.0.2", 47, b"\0\0" + proto(p) + p))
# IP in IP, 6in4, AH, ESP without encryption, minimal encapsulation, EtherIP
in_ip("ipip", 4, lambda p: p)
in_ip("6in4", 41, lambda p: p, inner=PACKETS6, right="login user=bob sessions=1")
for depth in (3, 4, 8, 16, 30):
    def nest(p, i, depth=depth):
        for level in range(depth):
            p = ip4(f"10.{level}.0.1", f"10.{level}.0.2", 4, p)
        return p
    tunnel(f"ipip_{depth}", nest)
in_ip("ah_tunnel", 51, lambda p: b"\4\4\0\0\0\0\1\0\0\0\0\1" + bytes(12) + p)
in_ip("ah_sha256", 51, lambda p: b"\4\5\0\0\0\0\1\0\0\0\0\1" + bytes(16) + p)
tunnel("ah_transport", lambda p, i: ip4(CLIENT if not back(p) else SERVER, SERVER if not back(p) else CLIENT, 51, b"\6\4\0\0\0\0\1\0\0\0\0\1" + bytes(12) + p[20:], i))


def esp(p, next_header, icv=12):
    pad = -(len(p) + 2) % 4
    return b"\0\0\1\0\0\0\0\1" + p + bytes(range(1, pad + 1)) + bytes([pad, next_header]) + bytes(icv)


in_ip("esp_null", 50, lambda p: esp(p, 4))
in_ip("esp_null_16", 50, lambda p: esp(p, 4, 16))
tunnel("esp_null_transport", lambda p, i: ip4(CLIENT if not back(p) else SERVER, SERVER if not back(p) else CLIENT, 50, esp(p[20:], 6), i))
in_udp("esp_null_natt", 4500, lambda p: esp(p, 4), sport=4500, right=RIGHT + " | unseen | no-login")
tunnel("minimal", lambda p, i: (lambda body: ip4(OUT_A if not back(p) else OUT_B, OUT_B if not back(p) else OUT_A, 55, body, i))(
    (lambda h: h[:2] + short(checksum(h)) + h[4:])(b"\6\x80\0\0" + p[16:20] + p[12:16]) + p[20:]))
in_ip("etherip", 97, lambda p: b"\x30\0" + eth_in(p))
in_ip("ethernet_143", 143, eth_in)
in_ip("mpls_in_ip", 137, lambda p: b"\0\1\x01\x40" + p)
in_ip("l2tp3_ip", 115, lambda p: b"\0\0\0\7" + eth_in(p))
in_ip("l2tp3_ip_cookie4", 115, lambda p: b"\0\0\0\7abcd" + eth_in(p), right=RIGHT + " | unseen")
in_ip("l2tp3_ip_sublayer", 115, lambda p: b"\0\0\0\7\0\0\0\0" + eth_in(p), right=RIGHT + " | unseen")
# UDP
vni = b"\0\0\x2a\0"
in_udp("vxlan", 4789, lambda p: b"\x08\0\0\0" + vni + eth_in(p))
in_udp("vxlan_8472", 8472, lambda p: b"\x08\0\0\0" + vni + eth_in(p))
in_udp("vxlan_odd", 14789, lambda p: b"\x08\0\0\0" + vni + eth_in(p))
in_udp("vxlan_vlan", 4789, lambda p: b"\x08\0\0\0" + vni + eth_in(p, b"\x81\0\0\x07"))
in_udp("vxlan_qinq", 4789, lambda p: b"\x08\0\0\0" + vni + eth_in(p, b"\x88\xa8\0\x07\x81\0\0\x09"))
in_udp("vxlan_gbp", 4789, lambda p: b"\x88\x08\0\x63" + vni + eth_in(p))
in_udp("vxlan_gbp_applied", 4789, lambda p: b"\x88\x48\0\x63" + vni + eth_in(p))
in_udp("vxlan_reserved_bits", 4789, lambda p: b"\x08\0\0\7" + b"\0\0\x2a\5" + eth_in(p))
in_udp("vxlan_inner6", 4789, lambda p: b"\x08\0\0\0" + vni + eth_in(p), inner=PACKETS6, right="login user=bob sessions=1")
in_udp("vxlan_gpe_ip", 4790, lambda p: b"\x0c\0\0\1" + vni + p)
in_udp("vxlan_gpe_ip6", 4790, lambda p: b"\x0c\0\0\2" + vni + p, inner=PACKETS6, right="login user=bob sessions=1")
in_udp("vxlan_gpe_ether", 4790, lambda p: b"\x0c\0\0\3" + vni + eth_in(p))
in_udp("vxlan_gpe_nsh", 4790, lambda p: b"\x0c\0\0\4" + vni + b"\x0f\xc6\1\3" + bytes(20) + eth_in(p))
in_udp("geneve", 6081, lambda p: b"\0\0\x65\x58" + vni + eth_in(p))
in_udp("geneve_options", 6081, lambda p: b"\3\x40\x65\x58" + vni + b"\1\2\x80\2" + bytes(8) + eth_in(p))
in_udp("geneve_ip", 6081, lambda p: b"\0\0" + proto(p) + vni + p)
in_udp("geneve_aws", 6081, lambda p: b"\x08\0" + proto(p) + bytes(4) + b"\1\x08\1\2" + bytes(8) + b"\1\x08\2\2" + bytes(8) + b"\1\x08\3\1" + bytes(4) + p)
in_udp("gtpu", 2152, lambda p: b"\x30\xff" + short(len(p)) + b"\0\0\0\7" + p)
in_udp("gtpu_sequence", 2152, lambda p: b"\x32\xff" + short(len(p) + 4) + b"\0\0\0\7\0\1\0\0" + p)
in_udp("gtpu_extension", 2152, lambda p: b"\x34\xff" + short(len(p) + 8) + b"\0\0\0\7\0\0\0\x85" + b"\1\x10\x09\0" + p)
in_udp("teredo", 3544, lambda p: p, inner=PACKETS6, right="login user=bob sessions=1")
in_udp("teredo_origin", 3544, lambda p: b"\0\0\xaa\xaa\x11\x22\x33\x44" + p, inner=PACKETS6, right="login user=bob sessions=1")
in_udp("teredo_auth", 3544, lambda p: b"\0\1\0\0" + bytes(8) + b"\0" + p, inner=PACKETS6, right="login user=bob sessions=1")
in_udp("l2tp", 1701, lambda p: b"\0\2\0\7\0\x09\xff\x03\0\x21" + p, sport=1701)
in_udp("l2tp_length", 1701, lambda p: b"\x40\2" + short(len(p) + 12) + b"\0\7\0\x09\xff\x03\0\x21" + p, sport=1701)
in_udp("l2tp_sequence_offset", 1701, lambda p: b"\x0a\2\0\7\0\x09\0\1\0\1\0\2\0\0\0\x21" + p, sport=1701)
in_udp("l2tp_compressed", 1701, lambda p: b"\0\2\0\7\0\x09\x21" + p, sport=1701)
in_udp("l2tp3_udp", 1701, lambda p: b"\0\3\0\0\0\0\0\7" + eth_in(p), sport=1701)
in_udp("capwap", 5247, lambda p: b"\0\x10\x03\0" + bytes(4) + b"\x88\2\0\0" + bytes(20) + b"\xaa\xaa\3\0\0\0" + proto(p) + p if False else b"\0\x10\x42\0" + bytes(4) + eth_in(p), right=RIGHT + " | unseen")
in_udp("tzsp", 37008, lambda p: b"\1\0\0\1\1" + eth_in(p))
in_udp("tzsp_fields", 37008, lambda p: b"\1\0\0\1\0\x0a\1\xc8\x29\2\0\5\1" + eth_in(p))
in_udp("lisp", 4341, lambda p: b"\xc0\0\0\1\0\0\0\1" + p)
in_udp("mpls_in_udp", 6635, lambda p: b"\0\1\x01\x40" + p)
in_udp("gue", 6080, lambda p: b"\0\4\0\0" + p)
in_udp("gue_direct", 6080, lambda p: p)
in_udp("fou", 5555, lambda p: p)
in_udp("gre_in_udp", 4754, lambda p: b"\0\0" + proto(p) + p, right=RIGHT + " | unseen | no-login")
# MPLS
label = lambda n, bottom: struct.pack("!I", n << 12 | bottom << 8 | 64)
for count in (1, 2, 16, 17, 40):
    tunnel(f"mpls_{count}", lambda p, i, count=count: ether(b"".join(label(100 + n, n == count - 1) for n in range(count)) + p, 0x8847), frame=False)
tunnel("mpls_multicast_type", lambda p, i: ether(label(100, 1) + p, 0x8848), frame=False)
tunnel("mpls_explicit_null", lambda p, i: ether(label(0, 1) + p, 0x8847), frame=False)
tunnel("mpls_entropy", lambda p, i: ether(label(100, 0) + label(7, 0) + label(9999, 1) + p, 0x8847), frame=False)
tunnel("mpls_pseudowire", lambda p, i: ether(label(100, 1) + eth_in(p), 0x8847), frame=False)
tunnel("mpls_pseudowire_control", lambda p, i: ether(label(100, 1) + b"\0\0\0\1" + eth_in(p), 0x8847), frame=False)
tunnel("mpls_pseudowire_vlan", lambda p, i: ether(label(100, 1) + b"\0\0\0\0" + eth_in(p, b"\x81\0\0\7"), 0x8847), frame=False)
tunnel("mpls_inner6", lambda p, i: ether(label(100, 1) + p, 0x8847), frame=False, inner=PACKETS6, right="login user=bob sessions=1")
# Layer 2
for count in (1, 2, 7, 8, 9, 25):
    tunnel(f"vlan_{count}", lambda p, i, count=count: ether(b"".join(short(5 + n) + short(0x8100) for n in range(count - 1)) + short(99) + proto(p) + p, 0x8100), frame=False)
for tpid in (0x88a8, 0x9100, 0x9200, 0x9300):
    right = RIGHT + (" | unseen" if tpid == 0x9300 else "")
    tunnel(f"vlan_{tpid:x}", lambda p, i, tpid=tpid: ether(short(5) + proto(p) + p, tpid), frame=False, right=right)
tunnel("qinq", lambda p, i: ether(short(5) + b"\x81\0\0\7" + proto(p) + p, 0x88a8), frame=False)
tunnel("priority_tag", lambda p, i: ether(short(0xa000) + proto(p) + p, 0x8100), frame=False)
tunnel("pbb", lambda p, i: ether(b"\0\0\1\0" + eth_in(p), 0x88e7), frame=False)
tunnel("pbb_btag", lambda p, i: ether(short(5) + b"\x88\xe7\0\0\1\0" + eth_in(p), 0x88a8), frame=False)
tunnel("vntag", lambda p, i: ether(b"\0\1\0\2" + proto(p) + p, 0x8926), frame=False)
tunnel("etag", lambda p, i: ether(b"\0\0\0\1\0\0" + proto(p) + p, 0x893f), frame=False)
tunnel("sgt", lambda p, i: ether(b"\1\1\0\1\0\5" + proto(p) + p, 0x8909), frame=False)
tunnel("nsh", lambda p, i: ether(b"\x0f\xc6\1\1" + bytes(20) + p, 0x894f), frame=False)
tunnel("nsh_ether", lambda p, i: ether(b"\x0f\xc6\1\3" + bytes(20) + eth_in(p), 0x894f), frame=False)
tunnel("pppoe", lambda p, i: ether(b"\x11\0\0\7" + short(len(p) + 2) + b"\0\x21" + p, 0x8864), frame=False)
tunnel("pppoe_inner6", lambda p, i: ether(b"\x11\0\0\7" + short(len(p) + 2) + b"\0\x57" + p, 0x8864), frame=False, inner=PACKETS6, right="login user=bob sessions=1")
tunnel("pppoe_mpls", lambda p, i: ether(b"\x11\0\0\7" + short(len(p) + 6) + b"\2\x81" + label(3, 1) + p, 0x8864), frame=False)
tunnel("pppoe_vlan", lambda p, i: ether(short(7) + b"\x88\x64\x11\0\0\7" + short(len(p) + 2) + b"\0\x21" + p, 0x8100), frame=False)
tunnel("llc_snap", lambda p, i: (MAC_A + MAC_B if back(p) else MAC_B + MAC_A) + short(len(p) + 8) + b"\xaa\xaa\3\0\0\0" + proto(p) + p, frame=False)
tunnel("llc_snap_vlan", lambda p, i: ether(short(5) + short(len(p) + 8) + b"\xaa\xaa\3\0\0\0" + proto(p) + p, 0x8100), frame=False)
tunnel("llc_ip", lambda p, i: (MAC_A + MAC_B if back(p) else MAC_B + MAC_A) + short(len(p) + 3) + b"\6\6\3" + p, frame=False)
tunnel("macsec_clear", lambda p, i: MAC_B + MAC_A + b"\x88\xe5\x20\0\0\0\0\1" + bytes(8) + proto(p) + p + bytes(16), frame=False, right=RIGHT + " | unseen")
tunnel("macsec_encrypted", lambda p, i: MAC_B + MAC_A + b"\x88\xe5\x2c\0\0\0\0\1" + bytes(8) + bytes(64), frame=False, right="unseen")
tunnel("trill", lambda p, i: ether(b"\0\1\0\2\0\3" + eth_in(p), 0x22f3), frame=False)
tunnel("unknown_type", lambda p, i: ether(b"\x12\x34" + p, 0xbeef), frame=False, right="unseen")
tunnel("trailer", lambda p, i: ether(p) + b"\xde\xad\xbe\xef", frame=False)
# Clouds' mirrors: a tunnel in a tunnel
tunnel("vxlan_in_geneve", lambda p, i: outer(17, udp(OUT_A, OUT_B, 5, 6081, b"\0\0\x65\x58" + vni + ether(ip4("10.0.0.1", "10.0.0.2", 17, udp("10.0.0.1", "10.0.0.2", 5, 4789, b"\x08\0\0\0" + vni + eth_in(p))))), i))
tunnel("gre_mpls_vlan", lambda p, i: ether(short(9) + b"\x08\0" + outer(47, b"\0\0\x88\x47" + label(7, 1) + p, i), 0x8100), frame=False)
# Link types
DOT11 = lambda p: (b"\x08\2\0\0" if back(p) else b"\x08\1\0\0") + MAC_A + MAC_B + MAC_A + b"\0\0" + b"\xaa\xaa\3\0\0\0" + proto(p) + p
LINKS = {
    "raw101": (101, lambda p: p), "raw12": (12, lambda p: p), "ipv4_228": (228, lambda p: p), "null_le": (0, lambda p: b"\2\0\0\0" + p), "null_be": (0, lambda p: b"\0\0\0\2" + p), "loop": (108, lambda p: b"\0\0\0\2" + p),
    "sll": (113, lambda p: b"\0\0\0\1\0\6" + MAC_A + b"\0\0" + proto(p) + p), "sll2": (276, lambda p: proto(p) + b"\0\0\0\0\0\5\0\1\0\6" + MAC_A + b"\0\0" + p),
    "ppp9": (9, lambda p: b"\xff\3\0\x21" + p), "ppp9_short": (9, lambda p: b"\x21" + p), "ppp50": (50, lambda p: b"\xff\3\0\x21" + p), "pppether51": (51, lambda p: b"\x11\0\0\7" + short(len(p) + 2) + b"\0\x21" + p), "pppdir204": (204, lambda p: b"\0\xff\3\0\x21" + p),
    "hdlc104": (104, lambda p: b"\x0f\0" + proto(p) + p), "hdlc50": (50, lambda p: b"\x0f\0" + proto(p) + p), "frelay": (107, lambda p: b"\x18\x41\3\xcc" + p), "frelay_snap": (107, lambda p: b"\x18\x41\3\0\x80\0\0\0" + proto(p) + p),
    "nflog": (239, lambda p: b"\2\0\0\5" + b"\x08\0\1\0\x08\0\3\1" + struct.pack("<HH", len(p) + 4, 9) + p), "nflog_attributes": (239, lambda p: b"\2\0\0\5" + struct.pack("<HHI", 8, 5, 3) + struct.pack("<HH", 5, 10) + b"\0\0\0\0" + struct.pack("<HH", len(p) + 4, 9) + p),
    "dot11": (105, DOT11), "dot11_qos": (105, lambda p: b"\x88\1\0\0" + MAC_A + MAC_B + MAC_A + b"\0\0\0\0" + b"\xaa\xaa\3\0\0\0" + proto(p) + p), "dot11_four": (105, lambda p: b"\x08\3\0\0" + MAC_A + MAC_B + MAC_A + b"\0\0" + MAC_B + b"\xaa\xaa\3\0\0\0" + proto(p) + p),
    "radiotap": (127, lambda p: b"\0\0\x08\0\0\0\0\0" + DOT11(p)), "radiotap_fcs": (127, lambda p: b"\0\0\x09\0\2\0\0\0\x10" + DOT11(p) + bytes(4)), "radiotap_long": (127, lambda p: b"\0\0\x18\0\x0f\0\0\0" + bytes(8) + b"\0" + bytes(7) + DOT11(p)),
    "prism": (119, lambda p: struct.pack("<II", 0x44, 144) + bytes(136) + DOT11(p)), "ppi": (192, lambda p: b"\0\0\x08\0\x69\0\0\0" + DOT11(p)), "ppi_ether": (192, lambda p: b"\0\0\x08\0\1\0\0\0" + eth_in(p)),
    "pktap": (258, lambda p: struct.pack("<IIII", 108, 1, 1, 0) + bytes(92) + eth_in(p) if False else struct.pack("<II", 108, 1) + b"en0".ljust(24, b"\0") + struct.pack("<III", 1, 2, 14)[:12] + struct.pack("<I", 1) + bytes(60) + eth_in(p)),
    "dsa": (1, lambda p: (MAC_A + MAC_B if back(p) else MAC_B + MAC_A) + b"\xda\xda\0\0\xc0\0\0\0" + proto(p) + p), "pflog": (117, lambda p: bytes([61, 2, 0, 0]) + b"em0".ljust(16, b"\0") + bytes(44) + p),
    "enc": (109, lambda p: struct.pack("<III", 2, 1, 0) + p), "ipoib": (242, lambda p: bytes(40) + proto(p) + b"\0\0" + p), "ip_over_fc": (122, lambda p: b"\x10\0" + MAC_B + b"\x10\0" + MAC_A + b"\xaa\xaa\3\0\0\0" + proto(p) + p),
    "token_ring": (6, lambda p: b"\x10\x40" + MAC_B + MAC_A + b"\xaa\xaa\3\0\0\0" + proto(p) + p), "fddi": (10, lambda p: b"\x50" + MAC_B + MAC_A + b"\xaa\xaa\3\0\0\0" + proto(p) + p), "atm": (100, lambda p: b"\xaa\xaa\3\0\0\0" + proto(p) + p),
    "user0": (147, lambda p: p), "netanalyzer": (240, lambda p: bytes(4) + eth_in(p) + bytes(4)), "slip": (8, lambda p: (b"\1" if back(p) else b"\0") + bytes(15) + p), "wireshark_upper": (252, lambda p: b"\0\x0c\0\2ip" + bytes(6) + p),
    "bsd_loop_type12": (14, lambda p: p), "sccp": (142, lambda p: p),
}
for key, (link, wrap) in LINKS.items():
    right = "login user=bob sessions=1" + ("" if key not in ("user0", "wireshark_upper", "sccp", "prism", "dsa", "ppi_ether", "pktap") else " | unseen")
    tunnel("link_" + key, lambda p, i, wrap=wrap: wrap(p), link=link, frame=False, right=right)


# --- fragments (RFC 791, 8200) ---
def pieces4(packet, size, order=None, ident=77, extra=None):
    head, body = packet[:20], packet[20:]
    cuts = list(range(0, len(body), size))
    made = [ip4(".".join(map(str, head[12:16])), ".".join(map(str, head[16:20])), head[9], body[at:at + size], ident, 0 if at == cuts[-1] else 1, at) for at in cuts]
    return [made[i] for i in order(len(made))] if order else made


def pieces6(packet, size, ident=77, front=b"", kind=6):
    body = front + packet[40:]
    cuts = range(0, len(body), size)
    return [packet[:4] + short(8 + len(body[at:at + size])) + b"\x2c" + packet[7:40] + bytes([kind, 0]) + short(at | (0 if at == cuts[-1] else 1)) + struct.pack("!I", ident) + body[at:at + size] for at in cuts]


PASS = next(i for i, p in enumerate(PACKETS) if b"PASS" in p)


def fragmented(name, replace, right="login user=bob sessions=1", between=(), packets=PACKETS, times=None, at=PASS):
    made = packets[:at] + replace(packets[at]) + packets[at + 1:]
    case("frag_" + name, right, frames(made), times=times)


for size in (8, 16, 24):
    fragmented(f"size{size}", lambda p, size=size: pieces4(p, size))
fragmented("backwards", lambda p: pieces4(p, 8, lambda n: range(n - 1, -1, -1)))
fragmented("shuffled", lambda p: pieces4(p, 8, lambda n: random.Random(7).sample(range(n), n)))
fragmented("twice", lambda p: [q for q in pieces4(p, 8) for _ in (0, 1)])
fragmented("v6", lambda p: pieces6(p, 8), packets=PACKETS6)
fragmented("v6_hop", lambda p: pieces6(p, 16, front=b"\6\0\1\4\0\0\0\0", kind=60), packets=PACKETS6)
fragmented("v6_routing", lambda p: pieces6(p, 16, front=b"\6\2\0\0" + bytes(20), kind=43), packets=PACKETS6)
fragmented("v6_atomic", lambda p: pieces6(p, 1000), packets=PACKETS6)
for count in (64, 100, 500, 2000):
    def among(p, count=count):
        first, *rest = pieces4(p, 16)
        noise = [ip4(f"10.1.{n >> 8}.{n & 255}", "10.2.0.1", 17, bytes(24), n, 1, 0) for n in range(count)]
        return [first] + noise + rest
    fragmented(f"among_{count}", among)
fragmented("same_ident_elsewhere", lambda p: [q for a, b in zip(pieces4(p, 16), [ip4("10.1.1.1", "10.2.0.1", 6, bytes(16), 77, 1, 0)] * 9) for q in (b, a)])
fragmented("two_pairs", lambda p: pieces4(p, 24) + [ip4("10.9.9.9", SERVER, 6, bytes(24), 77, 1, 0)])
for name, wrap in (("ipip", lambda p: ip4(OUT_A, OUT_B, 4, p)), ("gre", lambda p: ip4(OUT_A, OUT_B, 47, b"\0\0\x08\0" + p)), ("vxlan", lambda p: ip4(OUT_A, OUT_B, 17, udp(OUT_A, OUT_B, 5, 4789, b"\x08\0\0\0" + vni + eth_in(p)))),
                   ("gtpu", lambda p: ip4(OUT_A, OUT_B, 17, udp(OUT_A, OUT_B, 5, 2152, b"\x30\xff" + short(len(p)) + b"\0\0\0\7" + p))), ("geneve", lambda p: ip4(OUT_A, OUT_B, 17, udp(OUT_A, OUT_B, 5, 6081, b"\0\0\x65\x58" + vni + eth_in(p)))),
                   ("gretap", lambda p: ip4(OUT_A, OUT_B, 47, b"\0\0\x65\x58" + eth_in(p))), ("l2tp", lambda p: ip4(OUT_A, OUT_B, 17, udp(OUT_A, OUT_B, 1701, 1701, b"\0\2\0\7\0\x09\xff\x03\0\x21" + p))),
                   ("teredo", lambda p: ip4(OUT_A, OUT_B, 17, udp(OUT_A, OUT_B, 5, 3544, p)))):
    inner = PACKETS6 if name == "teredo" else PACKETS
    case("frag_outer_" + name, "login user=bob sessions=1", frames([q for n, p in enumerate(inner) for q in pieces4(wrap(p), 40, ident=n + 1)]))

# --- time ---
COUNT = len(PACKETS)
EVEN = [START_S + i * 0.01 for i in range(COUNT)]


def timed(name, times, right="login user=bob sessions=1", packets=PACKETS):
    case("time_" + name, right, frames(packets), times=times)


for at in (0, 1, PASS - 1, PASS, PASS + 1, COUNT - 1):
    timed(f"stray_2063_at{at}", [t if i != at else 2_940_000_000 for i, t in enumerate(EVEN)])
    timed(f"stray_1970_at{at}", [t if i != at else 5 for i, t in enumerate(EVEN)])
timed("back_hour", [t if i < PASS else t - 3605 for i, t in enumerate(EVEN)])
timed("back_day", [t if i < PASS else t - 86400 for i, t in enumerate(EVEN)])
timed("forth_and_back", [t if i not in (PASS - 1, PASS) else t + 3e7 for i, t in enumerate(EVEN)])
timed("zero", [0] * COUNT)
timed("year_2105", [4_260_000_000 + i for i in range(COUNT)])
timed("tai", [t + (37 if i % 2 else 0) for i, t in enumerate(EVEN)])
timed("one_side_ahead", [t + (7200 if back(p) else 0) for t, p in zip(EVEN, PACKETS)])
for width in (0.005, 0.02, 0.1):
    rng = random.Random(3)
    late = sorted(((t + rng.uniform(0, width), t, p) for t, p in zip([START_S + i * 0.002 for i in range(COUNT)], PACKETS)))
    timed(f"late_{int(width * 1000)}ms", [t for _, t, _ in late], packets=[p for _, _, p in late])
SORTED = sorted(zip(EVEN, PACKETS), key=lambda one: back(one[1]))
timed("client_then_server", [t for t, _ in SORTED], packets=[p for _, p in SORTED])
SORTED = sorted(zip(EVEN, PACKETS), key=lambda one: not back(one[1]))
timed("server_then_client", [t for t, _ in SORTED], packets=[p for _, p in SORTED])

# --- resets (RFC 9293 section 3.5.2: a RST may carry text, for people) ---
for syn in (True, False):
    made = Session([], syn=syn, fin=False)
    made.one("c", 20, b"USER bob\r\nPASS " + S + b"\r\n")
    case("rst_text" + ("" if syn else "_nosyn"), "no-login exit=0", frames(made.packets))
made = Session(TURNS[:3], fin=False)
made.one("s", 20, b"PASS no " + S)
case("rst_from_server", "no-login", frames(made.packets))
made = Session(TURNS[:4], fin=False)
made.one("c", 4)
case("rst_after_login", "login user=bob", frames(made.packets))
