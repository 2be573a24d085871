"""Packets and capture files by hand, for the cases of this folder: frames from the link layer up, TCP
sessions as tables of turns, pcap files of any link type."""
import base64
import struct
import urllib.parse

START_S = 1_700_000_000
CLIENT, SERVER = "192.0.2.10", "198.51.100.20"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8:1::20"


def b64(data):
    return base64.b64encode(data)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(text):
    if ":" not in text:
        return bytes(int(part) for part in text.split("."))
    front, _, back = text.partition("::")
    words = [int(w, 16) for w in front.split(":") if w]
    ends = [int(w, 16) for w in back.split(":") if w]
    return struct.pack("!8H", *(words + [0] * (8 - len(words) - len(ends)) + ends))


def ip4(source, target, protocol, payload, ident=1, flags=0, offset=0, options=b""):
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), ident & 0xffff,
                       flags << 13 | offset // 8, 64, protocol, 0) + address(source) + address(target) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(source, target, protocol, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + address(source) + address(target) + payload


def ip(source, target, protocol, payload, ident=1):
    if ":" in source:
        return ip6(source, target, protocol, payload)
    return ip4(source, target, protocol, payload, ident)


def pseudo(source, target, protocol, size):
    if ":" in source:
        return address(source) + address(target) + struct.pack("!II", size, protocol)
    return address(source) + address(target) + struct.pack("!BBH", 0, protocol, size)


def tcp(source, target, sport, dport, seq, ack, flags, payload=b""):
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 65000, 0, 0)
    total = checksum(pseudo(source, target, 6, 20 + len(payload)) + head + payload)
    return head[:16] + struct.pack("!H", total) + head[18:] + payload


def udp(source, target, sport, dport, payload):
    head = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0)
    total = checksum(pseudo(source, target, 17, 8 + len(payload)) + head + payload) or 0xffff
    return head[:6] + struct.pack("!H", total) + payload


def udp_ip(payload, sport=40000, dport=9999, source=CLIENT, target=SERVER):
    return ip(source, target, 17, udp(source, target, sport, dport, payload))


MAC_A, MAC_B = bytes.fromhex("02000000000a"), bytes.fromhex("020000000014")


def ether_type(packet):
    return 0x86dd if packet[0] >> 4 == 6 else 0x0800


def ether(packet, kind=None, back=False):
    ends = MAC_A + MAC_B if back else MAC_B + MAC_A
    frame = ends + struct.pack("!H", ether_type(packet) if kind is None else kind) + packet
    return frame + bytes(max(0, 60 - len(frame)))


class Session:
    """A TCP session as IP packets: `turns` are ("c" or "s", bytes). `segment`: bytes a segment at most;
    `sides`: whose packets are there; `syn`, `fin`: whether the capture holds beginning and end."""

    def __init__(self, turns, port=110, sport=40000, v6=False, segment=0, sides="cs", syn=True, fin=True):
        self.client, self.server = (CLIENT6, SERVER6) if v6 else (CLIENT, SERVER)
        self.ports = {"c": sport, "s": port}
        self.seq = {"c": 1000, "s": 500000}
        self.sides = sides
        self.packets = []
        if syn:
            self.one("c", 2)
            self.one("s", 18)
            self.one("c", 16)
        for side, data in turns:
            step = segment or 1400
            for at in range(0, len(data), step):
                self.one(side, 24, data[at:at + step])
            self.one("s" if side == "c" else "c", 16)
        if fin:
            self.one("c", 17)
            self.one("s", 17)
            self.one("c", 16)

    def one(self, side, flags, data=b""):
        other = "s" if side == "c" else "c"
        ends = (self.client, self.server) if side == "c" else (self.server, self.client)
        segment = tcp(*ends, self.ports[side], self.ports[other], self.seq[side],
                      self.seq[other] if flags & 16 else 0, flags, data)
        self.seq[side] += len(data) + (1 if flags & 3 else 0)
        if side in self.sides:
            self.packets.append(ip(*ends, 6, segment, len(self.packets) + 1))


def frames(packets):
    """IP packets as Ethernet frames; those of SERVER's go back."""
    return [ether(p, back=address(SERVER) in p[12:16] or address(SERVER6) in p[8:24]) for p in packets]


def write_pcap(path, packets, link=1, times=None):
    """`times`: seconds since 1970 of each packet; else a millisecond apart."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, link))
        for number, packet in enumerate(packets):
            second = times[number] if times else START_S + number * 0.001
            out.write(struct.pack("<IIII", int(second), int((second - int(second)) * 1e9), len(packet), len(packet)))
            out.write(packet)


def shapes(secret):
    """What a secret may look like in an output, in lower case: itself, its hexadecimal digits, base64 in each of
    three places, percent-encoded, escaped, in UTF-16."""
    found = {secret, secret.hex().encode(), urllib.parse.quote_from_bytes(secret, "").encode(),
             b"".join(b"%%%02x" % byte for byte in secret), b"".join(b"\\u%04x" % byte for byte in secret),
             secret.decode("latin1").encode("utf-16-le"), secret.decode("latin1").encode("utf-16-be"), secret[::-1]}
    for shift in range(3):
        whole = b64(b"x" * shift + secret)
        found.add(whole[4 if shift else 0:][:(len(secret) - 3) // 3 * 4])
    return {shape.lower() for shape in found if len(shape) >= 8}
