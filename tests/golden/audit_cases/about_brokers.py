"""Brokers, consoles, voice, access and routers: logins made to each protocol's specification."""
import hashlib
import hmac
import struct

from cases import SECRET, case, datagrams, stream
from wire import CLIENT, CLIENT6, SERVER, SERVER6, b64, ether, frames, ip, ip4, udp_ip

S = SECRET
MD5 = hashlib.md5(S).digest()


def u32(n):
    return struct.pack("!I", n)


def c(text):
    return ("c", text.replace(b"\n", b"\r\n"))


def s(text):
    return ("s", text.replace(b"\n", b"\r\n"))


# --- NATS, STOMP, SMPP, MQTT ---
INFO = s(b'INFO {"server_id":"NA","version":"2.9.0","host":"0.0.0.0","port":4222,"auth_required":true,"max_payload":1048576} \n')
stream("nats_user", "login user=bob protocol=nats", [INFO, c(b'CONNECT {"verbose":false,"user":"bob","pass":"' + S + b'","lang":"go"}\nPING\n'), s(b"PONG\n")], 4222)
stream("nats_token", "login kind=token", [INFO, c(b'CONNECT {"auth_token":"' + S + b'abc","verbose":false}\n'), s(b"-ERR 'Authorization Violation'\n")], 4222)
stream("nats_lower", "login", [INFO, c(b'connect {"pass":"' + S + b'","user":"bob"}\n')], 4222)
stream("nats_nkey", "no-login | unknown | login", [INFO, c(b'CONNECT {"nkey":"UABC","sig":"' + b64(MD5 * 4) + b'","jwt":"eyJ0eXAiOiJqd3QifQ.' + S + b'.x"}\n')], 4222)
stream("nats_open", "no-login", [INFO, c(b'CONNECT {"verbose":false,"lang":"go"}\nPING\n'), s(b"PONG\n")], 4222, secrets=(), client=False)
for verb in (b"CONNECT", b"STOMP"):
    stream("stomp_" + verb.decode().lower(), "login user=bob protocol=stomp", [("c", verb + b"\naccept-version:1.2\nhost:/\nlogin:bob\npasscode:" + S + b"\n\n\0"), ("s", b"CONNECTED\nversion:1.2\n\n\0")], 61613)
stream("stomp_crlf", "login", [("c", b"CONNECT\r\naccept-version:1.2\r\nhost:x\r\nlogin:bob\r\npasscode:" + S + b"\r\n\r\n\0\n"), ("s", b"ERROR\nmessage:Access refused\n\n\0")], 61613)
stream("stomp_heartbeat", "login", [("c", b"\n\nCONNECT\nlogin:bob\npasscode:" + S + b"\naccept-version:1.0\n\n\0"), ("s", b"CONNECTED\n\n\0")], 61613)
stream("stomp_escaped", "login", [("c", b"STOMP\naccept-version:1.2\nlogin:bob\npasscode:" + S + b"\\c\\n9\n\n\0"), ("s", b"CONNECTED\n\n\0")], 61613)
stream("stomp_open", "no-login", [("c", b"CONNECT\naccept-version:1.2\nhost:/\n\n\0"), ("s", b"CONNECTED\nversion:1.2\n\n\0")], 61613, secrets=(), client=False)


def smpp(command, body, status=0):
    return struct.pack("!IIII", 16 + len(body), command, status, 1) + body


for name, command in (("transmitter", 2), ("receiver", 1), ("transceiver", 9)):
    stream("smpp_" + name, "login user=bob protocol=smpp", [("c", smpp(command, b"bob\0" + S[:8] + b"\0VMA\0\x34\0\0\0")), ("s", smpp(command | 0x80000000, b"SMSC\0"))], 2775, secrets=(S[:8],))
stream("smpp_outbind", "login", [("s", smpp(11, b"SMSC\0" + S[:8] + b"\0"))], 2775, secrets=(S[:8],), client=False)
stream("smpp_failed", "login", [("c", smpp(9, b"bob\0" + S[:8] + b"\0\0\x50\0\0\0")), ("s", smpp(0x80000009, b"", 14))], 2776, secrets=(S[:8],))


def mqtt(kind, body):
    size, n = b"", len(body)
    while True:
        size += bytes([n & 127 | (128 if n > 127 else 0)])
        n >>= 7
        if not n:
            return bytes([kind]) + size + body


def utf(text):
    return struct.pack("!H", len(text)) + text


def connect(level, flags, payload, properties=b"", name=b"MQTT"):
    return mqtt(0x10, utf(name) + bytes([level, flags]) + b"\0\x3c" + (bytes([len(properties)]) + properties if level == 5 else b"") + payload)


ACK = ("s", b"\x20\2\0\0")
stream("mqtt_311", "login user=bob protocol=mqtt", [("c", connect(4, 0xc2, utf(b"dev1") + utf(b"bob") + utf(S))), ACK], 1883)
stream("mqtt_31", "login user=bob", [("c", connect(3, 0xc2, utf(b"dev1") + utf(b"bob") + utf(S), name=b"MQIsdp")), ("s", b"\x20\2\0\5")], 1883)
stream("mqtt_will", "login user=bob", [("c", connect(4, 0xe6, utf(b"dev1") + utf(b"will/topic") + utf(b"gone") + utf(b"bob") + utf(S))), ACK], 1883)
stream("mqtt_5", "login user=bob", [("c", connect(5, 0xc2, utf(b"dev1") + utf(b"bob") + utf(S), b"\x11\0\0\0\x0a\x21\0\x14")), ("s", b"\x20\3\0\0\0")], 1883)
stream("mqtt_5_will", "login", [("c", connect(5, 0xc6, utf(b"dev1") + b"\5\x18\0\0\0\1" + utf(b"w") + utf(b"gone") + utf(b"bob") + utf(S))), ACK], 1883)
stream("mqtt_5_password_only", "login", [("c", connect(5, 0x42, utf(b"dev1") + utf(S))), ACK], 1883)
plain = b"\0bob\0" + S
stream("mqtt_5_enhanced_plain", "login user=bob", [("c", connect(5, 2, utf(b"dev1"), b"\x15" + utf(b"PLAIN") + b"\x16" + utf(plain))), ACK], 1883)
stream("mqtt_5_auth_packet", "login", [("c", connect(5, 2, utf(b"dev1"), b"\x15" + utf(b"PLAIN"))), ("s", mqtt(0xf0, b"\x18" + b"\x08\x15" + utf(b"PLAIN"))), ("c", mqtt(0xf0, b"\x18" + bytes([8 + 3 + len(plain)]) + b"\x15" + utf(b"PLAIN") + b"\x16" + utf(plain)))], 1883)
stream("mqtt_5_scram", "login kind=hash | unknown", [("c", connect(5, 2, utf(b"dev1"), b"\x15" + utf(b"SCRAM-SHA-1") + b"\x16" + utf(b"n,,n=bob,r=abcd"))), ("s", mqtt(0xf0, b"\x18\x2a" + b"\x15" + utf(b"SCRAM-SHA-1") + b"\x16" + utf(b"r=abcdef,s=c2FsdA==,i=1"))),
       ("c", mqtt(0xf0, b"\x18" + bytes([14 + 3 + 34]) + b"\x15" + utf(b"SCRAM-SHA-1") + b"\x16" + utf(b"c=biws,r=abcdef,p=" + b64(b"0123456789ab"))))], 1883, secrets=(b64(b"0123456789ab"),))
stream("mqtt_open", "no-login exit=0", [("c", connect(4, 2, utf(b"dev1"))), ACK], 1883, secrets=(), client=False)
stream("mqtt_user_only", "no-login", [("c", connect(4, 0x82, utf(b"dev1") + utf(b"bob"))), ACK], 1883, secrets=(), client=False)


# --- Access: TACACS+ (RFC 8907), Diameter (RFC 6733, 7155), RADIUS (RFC 2865), EAP, PPP ---
def tacacs(kind, sequence, flags, body, minor=0):
    return struct.pack("!BBBBII", 0xc0 | minor, kind, sequence, flags, 0x12345678, len(body)) + body


def authen_start(action, kind, service, user, data, minor=0):
    return tacacs(1, 1, 1, bytes([action, 1, kind, service, len(user), 5, 9, len(data)]) + user + b"tty10" + b"192.0.2.9" + data, minor)


stream("tacacs_pap", "login user=bob protocol=tacacs+", [("c", authen_start(1, 2, 1, b"bob", S, 1)), ("s", tacacs(1, 2, 1, b"\1\0\0\0\0\0"))], 49)
stream("tacacs_ascii", "login", [("c", authen_start(1, 1, 1, b"bob", b"")), ("s", tacacs(1, 2, 1, b"\5\1\0\x0a\0\0Password: ")), ("c", tacacs(1, 3, 1, struct.pack("!HHB", len(S), 0, 0) + S)), ("s", tacacs(1, 4, 1, b"\1\0\0\0\0\0"))], 49)
stream("tacacs_chap", "login kind=hash", [("c", authen_start(1, 3, 1, b"bob", b"\1" + bytes(16) + MD5, 1)), ("s", tacacs(1, 2, 1, b"\1\0\0\0\0\0"))], 49, secrets=(MD5,))
stream("tacacs_obfuscated", "login kind=obfuscated | unknown", [("c", tacacs(1, 1, 0, hashlib.sha256(S).digest() * 2)), ("s", tacacs(1, 2, 0, hashlib.md5(b"x").digest()[:6]))], 49, secrets=())
stream("tacacs_accounting", "no-login | unknown", [("c", tacacs(3, 1, 1, bytes([2, 6, 1, 1, 1, 3, 5, 9, 1, 9]) + b"bob" + b"tty10" + b"192.0.2.9" + b"task_id=1"))], 49, secrets=(), client=False)


def avp(code, data, vendor=None):
    head = struct.pack("!IB", code, 0x40 if vendor is None else 0xc0) + struct.pack("!I", 8 + len(data) + (0 if vendor is None else 4))[1:]
    return head + (b"" if vendor is None else u32(vendor)) + data + bytes(-len(data) % 4)


def diameter(command, avps, application=1, flags=0xc0):
    return b"\1" + u32(20 + len(avps))[1:] + bytes([flags]) + u32(command)[1:] + u32(application) + u32(1) + u32(2) + avps


CER = ("c", diameter(257, avp(264, b"nas.example.com") + avp(296, b"example.com"), 0, 0x80))
CEA = ("s", diameter(257, avp(268, u32(2001)), 0, 0))
stream("diameter_pap", "login user=bob protocol=diameter", [CER, CEA, ("c", diameter(265, avp(263, b"s;1") + avp(1, b"bob") + avp(2, S)))], 3868)
stream("diameter_pap_first", "login", [("c", diameter(265, avp(263, b"s;1") + avp(1, b"bob") + avp(2, S)))], 3868)
stream("diameter_chap", "login kind=hash", [CER, CEA, ("c", diameter(265, avp(1, b"bob") + avp(402, avp(403, u32(5)) + avp(404, b"\1") + avp(405, MD5))))], 3868, secrets=(MD5,))
stream("diameter_eap", "login kind=hash | unknown", [CER, CEA, ("c", diameter(268, avp(1, b"bob") + avp(462, b"\2\1\0\x16\4\x10" + MD5), 5))], 3868, secrets=())
stream("diameter_watchdog", "no-login", [CER, CEA, ("c", diameter(280, avp(264, b"nas"), 0, 0x80))], 3868, secrets=(), client=False)


def sctp(payload, sport=3868, dport=3868):
    chunk = struct.pack("!BBHIHHI", 0, 3, 16 + len(payload), 1, 0, 0, 46) + payload + bytes(-len(payload) % 4)
    return struct.pack("!HHII", sport, dport, 1, 0) + chunk


datagrams("diameter_sctp", "login", [ip(CLIENT, SERVER, 132, sctp(diameter(265, avp(1, b"bob") + avp(2, S))))])


def radius(code, attributes, ident=1):
    body = b"".join(bytes([kind, 2 + len(value)]) + value for kind, value in attributes)
    return struct.pack("!BBH", code, ident, 20 + len(body)) + bytes(range(16)) + body


for name, wanted, attributes in (
        ("pap", "login user=bob kind=obfuscated", [(1, b"bob"), (2, MD5), (4, bytes(4))]),
        ("chap", "login kind=hash", [(1, b"bob"), (3, b"\1" + MD5), (60, bytes(16))]),
        ("mschapv2", "login kind=hash", [(1, b"bob"), (26, u32(311) + b"\x19\x34\1\0" + bytes(16) + bytes(8) + MD5 + bytes(8)), (26, u32(311) + b"\x0b\x12" + bytes(16))]),
        ("eap_md5", "login kind=hash", [(1, b"bob"), (79, b"\2\1\0\x16\4\x10" + MD5), (80, bytes(16))])):
    datagrams("radius_" + name, wanted, [udp_ip(radius(1, attributes), 40000, 1812)], secrets=())
    datagrams("radius_" + name + "_1645_v6", wanted, [udp_ip(radius(1, attributes), 40000, 1645, CLIENT6, SERVER6)], secrets=())
datagrams("radius_accounting", "no-login", [udp_ip(radius(4, [(1, b"bob"), (40, u32(1))]), 40000, 1813)], secrets=())


def eap(code, kind, data):
    return struct.pack("!BBHB", code, 1, 5 + len(data), kind) + data


def eapol(packet):
    return ether(struct.pack("!BBH", 2, 0, len(packet)) + packet, 0x888e)


case("eapol_md5", "login kind=hash", [eapol(eap(1, 1, b"")), eapol(eap(2, 1, b"bob")), eapol(eap(1, 4, b"\x10" + bytes(16))), eapol(eap(2, 4, b"\x10" + MD5 + b"bob"))], secrets=(MD5,))
case("eapol_gtc", "login kind=plain", [eapol(eap(1, 6, b"Password: ")), eapol(eap(2, 6, S))])
case("eapol_otp", "login", [eapol(eap(1, 5, b"otp-md5 1 a")), eapol(eap(2, 5, S))])
case("eapol_leap", "login kind=hash | unknown", [eapol(eap(1, 17, b"\1\0\x08" + bytes(8) + b"bob")), eapol(eap(2, 17, b"\1\0\x18" + MD5 + MD5[:8] + b"bob"))], secrets=())
case("eapol_mschapv2", "login kind=hash | unknown", [eapol(eap(1, 26, b"\1\1\0\x15\x10" + bytes(16) + b"s")), eapol(eap(2, 26, b"\2\1\0\x39\x31" + MD5 + bytes(8) + MD5 + bytes(9) + b"bob"))], secrets=())
case("eapol_peap", "no-login", [eapol(eap(1, 25, b"\x20")), eapol(eap(2, 25, b"\0" + bytes.fromhex("160301")))], secrets=())
case("eapol_identity", "no-login", [eapol(eap(1, 1, b"")), eapol(eap(2, 1, b"bob"))], secrets=())
case("eapol_vlan", "login", [ether(struct.pack("!HH", 5, 0x888e) + struct.pack("!BBH", 1, 0, 22) + eap(2, 4, b"\x10" + MD5), 0x8100)], secrets=(MD5,))


def pap(user=b"bob", password=S):
    body = bytes([len(user)]) + user + bytes([len(password)]) + password
    return struct.pack("!BBH", 1, 1, 4 + len(body)) + body


def chap():
    body = b"\x10" + MD5 + b"bob"
    return struct.pack("!BBH", 2, 1, 4 + len(body)) + body


def pppoe(protocol, body):
    body = struct.pack("!H", protocol) + body
    return ether(struct.pack("!BBHH", 0x11, 0, 7, len(body)) + body, 0x8864)


case("pppoe_pap", "login user=bob kind=plain", [pppoe(0xc021, b"\1\1\0\4"), pppoe(0xc023, pap())])
case("pppoe_pap_nak", "login", [pppoe(0xc023, pap()), pppoe(0xc023, b"\3\1\0\x11\x0cLogin failed")])
case("pppoe_chap", "login kind=hash", [pppoe(0xc223, b"\1\1\0\x15\x10" + bytes(16)), pppoe(0xc223, chap())], secrets=(MD5,))
case("pppoe_vlan_pap", "login", [ether(struct.pack("!HH", 7, 0x8864) + (lambda b: struct.pack("!BBHH", 0x11, 0, 7, len(b)) + b)(b"\xc0\x23" + pap()), 0x8100)])
case("ppp_hdlc_pap", "login", [b"\xff\x03\xc0\x23" + pap()], link=50)
case("ppp_plain_pap", "login", [b"\xc0\x23" + pap()], link=9)
case("ppp_dir_pap", "login", [b"\0\xff\x03\xc0\x23" + pap()], link=204)


def l2tp(ppp, flags=0x0002, extra=b""):
    return struct.pack("!HHH", flags, 7, 9) + extra + ppp


datagrams("l2tp_pap", "login", [udp_ip(l2tp(b"\xff\x03\xc0\x23" + pap()), 1701, 1701)])
datagrams("l2tp_pap_length", "login", [udp_ip(struct.pack("!HHHH", 0x4002, 8 + 4 + len(pap()), 7, 9) + b"\xff\x03\xc0\x23" + pap(), 1701, 1701)])
datagrams("l2tp_pap_acfc", "login", [udp_ip(l2tp(b"\xc0\x23" + pap()), 1701, 1701)])
datagrams("l2tp_pap_sequence", "login", [udp_ip(struct.pack("!HHHHH", 0x0802, 7, 9, 1, 1) + b"\xff\x03\xc0\x23" + pap(), 1701, 1701)])
datagrams("l2tp_pap_offset", "login", [udp_ip(struct.pack("!HHHH", 0x0202, 7, 9, 2) + b"\0\0" + b"\xff\x03\xc0\x23" + pap(), 1701, 1701)])
datagrams("pptp_pap", "login", [ip(CLIENT, SERVER, 47, struct.pack("!HHHHI", 0x3001, 0x880b, 4 + len(pap()), 1, 1) + b"\xff\x03\xc0\x23" + pap())])

# --- Routers ---


def rip(entry):
    return b"\2\2\0\0" + entry + struct.pack("!HH4s4s4sI", 2, 0, bytes(4), bytes(4), bytes(4), 1)


datagrams("rip2_password", "login protocol=rip", [udp_ip(rip(b"\xff\xff\0\2" + S.ljust(16, b"\0")), 520, 520, CLIENT, "224.0.0.9")])
datagrams("rip2_request", "login", [udp_ip(b"\1\2\0\0\xff\xff\0\2" + S.ljust(16, b"\0") + bytes(20), 520, 520, CLIENT, "224.0.0.9")])
datagrams("rip2_md5", "login kind=hash | no-login", [udp_ip(b"\2\2\0\0\xff\xff\0\3" + struct.pack("!HBBII4x", 44, 1, 20, 1, 0) + bytes(20) + b"\xff\xff\0\1" + MD5, 520, 520, CLIENT, "224.0.0.9")], secrets=())
datagrams("rip2_open", "no-login", [udp_ip(rip(b""), 520, 520, CLIENT, "224.0.0.9")], secrets=())


def ospf(auth_type, auth, version=2, tail=b""):
    return struct.pack("!BBH4s4sHH", version, 1, 44, bytes([192, 0, 2, 1]), bytes(4), 0, auth_type) + auth + bytes([255, 255, 255, 0]) + bytes(16) + tail


datagrams("ospf_password", "login protocol=ospf", [ip4(CLIENT, "224.0.0.5", 89, ospf(1, S[:8]))], secrets=(S[:8],))
datagrams("ospf_md5", "login kind=hash | no-login", [ip4(CLIENT, "224.0.0.5", 89, ospf(2, b"\0\0\1\x10\0\0\0\1", tail=MD5))], secrets=())
datagrams("ospf_open", "no-login", [ip4(CLIENT, "224.0.0.5", 89, ospf(0, bytes(8)))], secrets=())
datagrams("vrrp2_password", "login protocol=vrrp", [ip4(CLIENT, "224.0.0.18", 112, struct.pack("!BBBBBBH4s", 0x21, 1, 100, 1, 1, 1, 0, bytes([192, 0, 2, 1])) + S[:8])], secrets=(S[:8],))
datagrams("vrrp2_two_addresses", "login", [ip4(CLIENT, "224.0.0.18", 112, struct.pack("!BBBBBBH8s", 0x21, 1, 100, 2, 1, 1, 0, bytes(8)) + S[:8])], secrets=(S[:8],))
datagrams("vrrp3", "no-login", [ip4(CLIENT, "224.0.0.18", 112, struct.pack("!BBBBHH4s", 0x31, 1, 100, 1, 100, 0, bytes([192, 0, 2, 1])))], secrets=())
datagrams("hsrp_password", "login protocol=hsrp", [udp_ip(struct.pack("!BBBBBBBB", 0, 0, 16, 3, 10, 110, 1, 0) + S[:8] + bytes([192, 0, 2, 1]), 1985, 1985, CLIENT, "224.0.0.2")], secrets=(S[:8],))
datagrams("hsrp_cisco", "login | no-login", [udp_ip(struct.pack("!BBBBBBBB", 0, 0, 16, 3, 10, 110, 1, 0) + b"cisco\0\0\0" + bytes([192, 0, 2, 1]), 1985, 1985, CLIENT, "224.0.0.2")], secrets=())
datagrams("hsrp2_text", "login", [udp_ip(b"\1\x28\2\0\6\4\0\1" + bytes(6) + u32(110) + u32(3000) + u32(10000) + bytes(16) + b"\3\x08" + S[:8], 1985, 1985, CLIENT, "224.0.0.102")], secrets=(S[:8],))


# --- Management: SNMP, IPMI, LDAP ---
def ber(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack("!H", len(body))
    return bytes([tag]) + size + body


def snmp(version, community, pdu=0xa0):
    return ber(0x30, ber(2, bytes([version])), ber(4, community), ber(pdu, ber(2, b"\1"), ber(2, b"\0"), ber(2, b"\0"), ber(0x30)))


for version, name in ((0, "v1"), (1, "v2c")):
    datagrams("snmp_" + name, "login protocol=snmp", [udp_ip(snmp(version, S), 40000, 161)])
    datagrams("snmp_trap_" + name, "login", [udp_ip(snmp(version, S, 0xa7), 40000, 162)])
    datagrams("snmp_odd_" + name, "login", [udp_ip(snmp(version, S), 40000, 16100)])
datagrams("snmp_answer_only", "login", [udp_ip(snmp(1, S, 0xa2), 161, 40000, SERVER, CLIENT)])
datagrams("snmp_v6", "login", [udp_ip(snmp(1, S), 40000, 161, CLIENT6, SERVER6)])


def ipmi15(auth, body, sequence=0):
    code = S.ljust(16, b"\0") if auth == 4 else MD5
    return b"\6\0\xff\7" + bytes([auth]) + u32(sequence) + u32(1) + (code if auth else b"") + bytes([len(body)]) + body


def ipmi20(kind, payload):
    return b"\6\0\xff\7\6" + bytes([kind]) + bytes(8) + struct.pack("<H", len(payload)) + payload


datagrams("ipmi15_straight", "login kind=plain protocol=ipmi", [udp_ip(ipmi15(4, b"\x20\x18\xc8\x81\0\x3a\4\x41"), 40000, 623)])
datagrams("ipmi15_md5", "login kind=hash", [udp_ip(ipmi15(2, b"\x20\x18\xc8\x81\0\x3a\4\x41"), 40000, 623)], secrets=(MD5,))
datagrams("ipmi15_none", "no-login", [udp_ip(ipmi15(0, b"\x20\x18\xc8\x81\0\x38\x0e\4\x31"), 40000, 623)], secrets=())
RAKP1 = b"\0\0\0\0" + u32(2) + bytes(16) + b"\x14\0\0\3bob"
datagrams("ipmi20_rakp", "login kind=hash", [udp_ip(ipmi20(0x12, RAKP1), 40000, 623), udp_ip(ipmi20(0x13, b"\0\0\0\0" + u32(1) + bytes(16) + bytes(16) + hmac.new(S, b"x", "sha1").digest()), 623, 40000, SERVER, CLIENT)], secrets=(hmac.new(S, b"x", "sha1").digest(),))
datagrams("ipmi20_rakp_error", "no-login", [udp_ip(ipmi20(0x12, RAKP1), 40000, 623), udp_ip(ipmi20(0x13, b"\0\x0d\0\0" + u32(1)), 623, 40000, SERVER, CLIENT)], secrets=())
datagrams("ipmi_asf_ping", "no-login", [udp_ip(b"\6\0\xff\6\0\0\x11\xbe\x80\0\0\0", 40000, 623)], secrets=())


def ldap(number, operation):
    return ber(0x30, ber(2, bytes([number])), operation)


def bind(dn, credentials, version=3):
    return ber(0x60, ber(2, bytes([version])), ber(4, dn), credentials)


BOUND = ("s", ldap(1, ber(0x61, ber(10, b"\0"), ber(4), ber(4))))
DN = b"uid=bob,dc=example,dc=com"
stream("ldap_simple", "login protocol=ldap", [("c", ldap(1, bind(DN, ber(0x80, S)))), BOUND], 389)
stream("ldap_simple_bad", "login", [("c", ldap(1, bind(DN, ber(0x80, S)))), ("s", ldap(1, ber(0x61, ber(10, b"\x31"), ber(4), ber(4))))], 389)
stream("ldap_v2", "login", [("c", ldap(1, bind(b"cn=admin", ber(0x80, S), 2))), BOUND], 3268)
stream("ldap_anonymous", "no-login", [("c", ldap(1, bind(b"", ber(0x80)))), BOUND], 389, secrets=(), client=False)
stream("ldap_plain", "login user=bob", [("c", ldap(1, bind(b"", ber(0xa3, ber(4, b"PLAIN"), ber(4, b"\0bob\0" + S))))), BOUND], 389)
stream("ldap_cram", "login kind=hash", [("c", ldap(1, bind(b"", ber(0xa3, ber(4, b"CRAM-MD5"))))), ("s", ldap(1, ber(0x61, ber(10, b"\x0e"), ber(4), ber(4), ber(0x87, b"<1.2@x>")))),
       ("c", ldap(2, bind(b"", ber(0xa3, ber(4, b"CRAM-MD5"), ber(4, b"bob b913a602c7eda7a495b4e6e7334d3890"))))), BOUND], 389, secrets=(b"b913a602c7eda7a495b4e6e7334d3890",))
stream("ldap_gssapi", "no-login", [("c", ldap(1, bind(b"", ber(0xa3, ber(4, b"GSSAPI"), ber(4, b"\x60\x82" + MD5 * 4))))), BOUND], 389, secrets=(), client=False)
stream("ldap_search_only", "no-login exit=0", [("c", ldap(1, ber(0x63, ber(4), ber(10, b"\0"), ber(10, b"\0"), ber(2, b"\0"), ber(2, b"\0"), ber(1, b"\0"), ber(0x87, b"objectClass"), ber(0x30))))], 389, secrets=(), client=False)
stream("ldap_long_form", "login", [("c", b"\x30\x84" + u32(len(ldap(1, bind(DN, ber(0x80, S)))) - 2) + ldap(1, bind(DN, ber(0x80, S)))[2:]), BOUND], 389)
stream("ldap_search_then_bind", "login", [("c", ldap(1, bind(b"", ber(0x80)))), BOUND, ("c", ldap(2, bind(DN, ber(0x80, S)))), BOUND], 389)
stream("ldap_modify_password", "login", [("c", ldap(1, bind(DN, ber(0x80, b"firstpassword")))), BOUND, ("c", ldap(2, ber(0x66, ber(4, DN), ber(0x30, ber(0x30, ber(10, b"\2"), ber(0x30, ber(4, b"userPassword"), ber(0x31, ber(4, S))))))))], 389, secrets=(S, b"firstpassword"))
stream("ldap_ad_ntlm", "login kind=hash | unknown", [("c", ldap(1, bind(b"", ber(0xa3, ber(4, b"GSS-SPNEGO"), ber(4, b"NTLMSSP\0\1\0\0\0" + bytes(24)))))), BOUND,
       ("c", ldap(2, bind(b"", ber(0xa3, ber(4, b"GSS-SPNEGO"), ber(4, b"NTLMSSP\0\3\0\0\0" + b"\x18\0\x18\0\x40\0\0\0" + b"\x18\0\x18\0\x58\0\0\0" + bytes(8) + b"\6\0\6\0\x70\0\0\0" + bytes(16) + b"\1\2\0\0" + bytes(48) + b"b\0o\0b\0")))))], 389, secrets=(), client=False)
datagrams("cldap", "no-login", [udp_ip(ldap(1, ber(0x63, ber(4), ber(10, b"\0"), ber(10, b"\0"), ber(2, b"\0"), ber(2, b"\0"), ber(1, b"\0"), ber(0x87, b"objectClass"), ber(0x30))), 40000, 389)], secrets=())
