"""Databases and brokers: logins made to each protocol's specification."""
import hashlib
import struct
import zlib

from cases import SECRET, stream
from wire import b64

S = SECRET
HASH20 = hashlib.sha1(S).digest()
PLAIN = b"\0bob\0" + S


def u32(n):
    return struct.pack("!I", n)


def lines(text):
    return text.replace(b"\n", b"\r\n")


# --- AMQP 0-9-1 (section 4.2.3) and 1.0 (part 5) ---
def amqp(kind, channel, body):
    return bytes([kind]) + struct.pack("!HI", channel, len(body)) + body + b"\xce"


def longstr(data):
    return u32(len(data)) + data


def shortstr(data):
    return bytes([len(data)]) + data


def table(**fields):
    return longstr(b"".join(shortstr(k.encode()) + b"S" + longstr(v) for k, v in fields.items()))


HELLO091 = ("c", b"AMQP\0\0\x09\x01")
START = ("s", amqp(1, 0, struct.pack("!HHBB", 10, 10, 0, 9) + table(product=b"RabbitMQ", version=b"3.12.1") + longstr(b"PLAIN AMQPLAIN") + longstr(b"en_US")))


def start_ok(mechanism, response, properties=None):
    return ("c", amqp(1, 0, struct.pack("!HH", 10, 11) + (properties or table(product=b"pika", platform=b"Python")) + shortstr(mechanism) + longstr(response) + shortstr(b"en_US")))


TUNE = ("s", amqp(1, 0, struct.pack("!HHHIH", 10, 30, 2047, 131072, 60)))
stream("amqp_plain", "login user=bob protocol=amqp kind=plain", [HELLO091, START, start_ok(b"PLAIN", PLAIN), TUNE], 5672)
stream("amqp_plain_big_properties", "login user=bob", [HELLO091, START, start_ok(b"PLAIN", PLAIN, table(product=b"x" * 3000)), TUNE], 5672)
stream("amqp_amqplain", "login user=bob", [HELLO091, START, start_ok(b"AMQPLAIN", shortstr(b"LOGIN") + b"S" + longstr(b"bob") + shortstr(b"PASSWORD") + b"S" + longstr(S)), TUNE], 5672)
stream("amqp_external", "no-login", [HELLO091, START, start_ok(b"EXTERNAL", b"\0"), TUNE], 5672, secrets=())
stream("amqp_refused", "login", [HELLO091, START, start_ok(b"PLAIN", PLAIN), ("s", amqp(1, 0, struct.pack("!HHH", 10, 50, 403) + shortstr(b"ACCESS_REFUSED") + struct.pack("!HH", 0, 0)))], 5672)
stream("amqp_version_refused", "no-login", [("c", b"AMQP\1\1\0\x0a"), ("s", b"AMQP\0\0\x09\x01")], 5672, secrets=(), odd=False, client=False)
stream("amqp_cr_demo", "login | unknown", [HELLO091, START, start_ok(b"RABBIT-CR-DEMO", b"bob"), ("s", amqp(1, 0, struct.pack("!HH", 10, 20) + longstr(b"Please tell me your password"))),
       ("c", amqp(1, 0, struct.pack("!HH", 10, 21) + longstr(b"My password is " + S)))], 5672)


def amqp1(kind, body):
    return struct.pack("!IBBH", 8 + len(body), 2, kind, 0) + body


def described(code, fields):
    return b"\0\x53" + bytes([code]) + b"\xc0" + bytes([len(b"".join(fields)) + 1, len(fields)]) + b"".join(fields)


SASL10 = ("c", b"AMQP\3\1\0\0")
stream("amqp10_plain", "login protocol=amqp", [SASL10, ("s", b"AMQP\3\1\0\0" + amqp1(1, described(0x40, [b"\xa3\5PLAIN"]))), ("c", amqp1(1, described(0x41, [b"\xa3\5PLAIN", b"\xa0" + bytes([len(PLAIN)]) + PLAIN, b"\xa1\1h"]))),
       ("s", amqp1(1, described(0x44, [b"\x50\0"])) + b"AMQP\0\1\0\0")], 5672)
stream("amqp10_plain_vbin32", "login", [SASL10, ("s", b"AMQP\3\1\0\0" + amqp1(1, described(0x40, [b"\xa3\5PLAIN"]))), ("c", amqp1(1, b"\0\x80" + bytes(7) + b"\x41\xd0" + struct.pack("!II", 4 + 7 + 5 + len(PLAIN), 2) + b"\xa3\5PLAIN" + b"\xb0" + u32(len(PLAIN)) + PLAIN))], 5672)
stream("amqp10_anonymous", "no-login", [SASL10, ("s", b"AMQP\3\1\0\0" + amqp1(1, described(0x40, [b"\xa3\tANONYMOUS"]))), ("c", amqp1(1, described(0x41, [b"\xa3\tANONYMOUS"]))), ("s", amqp1(1, described(0x44, [b"\x50\0"])))], 5672, secrets=())
stream("amqp10_no_sasl", "no-login", [("c", b"AMQP\0\1\0\0"), ("s", b"AMQP\0\1\0\0")], 5672, secrets=(), client=False, odd=False)
stream("amqp10_scram", "login kind=hash", [SASL10, ("s", b"AMQP\3\1\0\0" + amqp1(1, described(0x40, [b"\xa3\x0dSCRAM-SHA-256"]))), ("c", amqp1(1, described(0x41, [b"\xa3\x0dSCRAM-SHA-256", b"\xa0\x0fn,,n=bob,r=abcd"]))),
       ("s", amqp1(1, described(0x42, [b"\xa0\x1br=abcdef,s=c2FsdA==,i=4096x"]))), ("c", amqp1(1, described(0x43, [b"\xa0\x22" + b"c=biws,r=abcdef,p=" + b64(b"0123456789ab")])))], 5672, secrets=())


# --- MongoDB: OP_MSG, OP_QUERY (wire protocol) with BSON ---
def bson(fields):
    body = b""
    for name, value in fields:
        name = name.encode() + b"\0"
        if isinstance(value, int):
            body += b"\x10" + name + struct.pack("<i", value)
        elif isinstance(value, bytes):
            body += b"\5" + name + struct.pack("<iB", len(value), 0) + value
        elif isinstance(value, list):
            body += b"\3" + name + bson(value)
        else:
            body += b"\2" + name + struct.pack("<i", len(value) + 1) + value.encode() + b"\0"
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def op_msg(document, flags=0, tail=b""):
    body = struct.pack("<IB", flags, 0) + document + tail
    return struct.pack("<iiii", 16 + len(body), 7, 0, 2013) + body


def op_query(collection, document):
    body = struct.pack("<I", 0) + collection + b"\0" + struct.pack("<ii", 0, -1) + document
    return struct.pack("<iiii", 16 + len(body), 8, 0, 2004) + body


def op_compressed(message, how=2):
    body = zlib.compress(message[16:]) if how == 2 else message[16:]
    body = struct.pack("<iiB", 2013, len(message) - 16, how) + body
    return struct.pack("<iiii", 16 + len(body), 7, 0, 2012) + body


MHELLO = ("c", op_query(b"admin.$cmd", bson([("isMaster", 1), ("client", [("application", [("name", "x")])])])))
MHELLO_ANSWER = ("s", struct.pack("<iiii", 16 + 20 + 30, 1, 8, 1) + struct.pack("<iqii", 8, 0, 0, 1) + bson([("ok", 1), ("maxWire", 17)])[:30].ljust(30, b"\0"))
plain = bson([("saslStart", 1), ("mechanism", "PLAIN"), ("payload", PLAIN), ("$db", "$external")])
stream("mongodb_plain", "login user=bob protocol=mongodb", [("c", op_msg(plain)), ("s", op_msg(bson([("ok", 1)])))], 27017)
stream("mongodb_plain_after_hello", "login user=bob", [MHELLO, MHELLO_ANSWER, ("c", op_msg(plain)), ("s", op_msg(bson([("ok", 1)])))], 27017)
stream("mongodb_plain_query", "login", [("c", op_query(b"$external.$cmd", bson([("saslStart", 1), ("mechanism", "PLAIN"), ("payload", PLAIN)])))], 27018)
stream("mongodb_plain_base64", "login", [("c", op_msg(bson([("saslStart", 1), ("mechanism", "PLAIN"), ("payload", b64(PLAIN).decode())])))], 27017)
stream("mongodb_zlib", "login | unknown", [("c", op_compressed(op_msg(plain)))], 27017)
stream("mongodb_snappy", "login | unknown", [("c", op_compressed(op_msg(plain), 1))], 27017)
first = bson([("saslStart", 1), ("mechanism", "SCRAM-SHA-256"), ("payload", b"n,,n=bob,r=fyko"), ("$db", "admin")])
final = bson([("saslContinue", 1), ("conversationId", 1), ("payload", b"c=biws,r=fykoXX,p=" + b64(S * 3)), ("$db", "admin")])
MSCRAM = ("s", op_msg(bson([("conversationId", 1), ("payload", b"r=fykoXX,s=c2FsdA==,i=15000"), ("ok", 1)])))
stream("mongodb_scram256", "login kind=hash user=bob", [("c", op_msg(first)), MSCRAM, ("c", op_msg(final)), ("s", op_msg(bson([("ok", 1)])))], 27017)
stream("mongodb_speculative", "login kind=hash", [("c", op_msg(bson([("hello", 1), ("speculativeAuthenticate", [("saslStart", 1), ("mechanism", "SCRAM-SHA-1"), ("payload", b"n,,n=bob,r=fyko"), ("db", "admin")]), ("$db", "admin")]))),
       MSCRAM, ("c", op_msg(final)), ("s", op_msg(bson([("ok", 1)])))], 27017)
stream("mongodb_cr", "login kind=hash", [("c", op_query(b"test.$cmd", bson([("getnonce", 1)]))), ("c", op_query(b"test.$cmd", bson([("authenticate", 1), ("user", "bob"), ("nonce", "2375531c32080ae8"), ("key", "21742f26431831d5cfca035a08c5bdf6")])))], 27017,
       secrets=(b"21742f26431831d5cfca035a08c5bdf6",))
stream("mongodb_create_user", "login | unknown", [("c", op_msg(bson([("createUser", "bob"), ("pwd", S.decode()), ("$db", "admin")])))], 27017)
stream("mongodb_find", "no-login", [("c", op_msg(bson([("find", "people"), ("filter", [("name", "x")]), ("$db", "a")]))), ("s", op_msg(bson([("ok", 1)])))], 27017, secrets=())
stream("mongodb_x509", "no-login | unknown", [("c", op_msg(bson([("authenticate", 1), ("mechanism", "MONGODB-X509"), ("user", "CN=bob"), ("$db", "$external")])))], 27017, secrets=())


# --- TDS: [MS-TDS] 2.2.6; TDS 5.0 functional specification ---
def tds(kind, body, status=1, packet=1):
    return struct.pack("!BBHHBB", kind, status, 8 + len(body), 0, packet, 0) + body



def prelogin_packet(encryption, kind=0x12):
    options = [(0, bytes.fromhex("0f0007d00000")), (1, bytes([encryption])), (2, b"\0"), (3, b"\0\0\0\1"), (4, b"\0")]
    head, data, at = b"", b"", 5 * len(options) + 1
    for token, value in options:
        head += struct.pack("!BHH", token, at + len(data), len(value))
        data += value
    return tds(kind, head + b"\xff" + data)


def login7(user, password, host="ws1", sspi=b"", integrated=False):
    scrambled = bytes(((b & 15) << 4 | b >> 4) ^ 0xa5 for b in password.encode("utf-16-le"))
    fields = [host.encode("utf-16-le"), user.encode("utf-16-le"), scrambled, "app".encode("utf-16-le"), "srv".encode("utf-16-le"), b"", "lib".encode("utf-16-le"), b"", "db".encode("utf-16-le")]
    at, table_, data = 94, b"", b""
    for n, field in enumerate(fields):
        table_ += struct.pack("<HH", at + len(data), len(field) // 2)
        data += field
    table_ += bytes(6)
    table_ += struct.pack("<HH", at + len(data), len(sspi))
    data += sspi
    table_ += struct.pack("<HH", at + len(data), 0) + struct.pack("<HH", at + len(data), 0) + bytes(4)
    body = struct.pack("<IIIIIIBBBBII", at + len(data), 0x74000004, 4096, 7, 100, 0, 0xe0, 0x83 if integrated else 3, 0, 0, 0, 0x409) + table_ + data
    return body


LOGIN7 = login7("bob", S.decode())
WIRE = bytes(((b & 15) << 4 | b >> 4) ^ 0xa5 for b in S.decode().encode("utf-16-le"))
stream("tds_login7", "login user=bob protocol=tds kind=obfuscated", [("c", prelogin_packet(2)), ("s", prelogin_packet(2, 4)), ("c", tds(0x10, LOGIN7)), ("s", tds(4, b"\xad\x0a\0"))], 1433, secrets=(S, WIRE))
stream("tds_login7_bare", "login user=bob", [("c", tds(0x10, LOGIN7)), ("s", tds(4, b"\xad\x0a\0"))], 1433, secrets=(S, WIRE))
stream("tds_login7_two_packets", "login", [("c", prelogin_packet(2)), ("s", prelogin_packet(2, 4)), ("c", tds(0x10, LOGIN7[:100], 0, 1) + tds(0x10, LOGIN7[100:], 1, 2))], 1433, secrets=(S,))
stream("tds_ntlm", "login kind=hash | unknown", [("c", prelogin_packet(2)), ("s", prelogin_packet(2, 4)), ("c", tds(0x10, login7("", "", sspi=b"NTLMSSP\0\1\0\0\0" + bytes(24), integrated=True))),
       ("s", tds(4, b"\xed\x38\0NTLMSSP\0\2\0\0\0" + bytes(44))), ("c", tds(0x11, b"NTLMSSP\0\3\0\0\0" + b"\x18\0\x18\0\x40\0\0\0" + b"\x18\0\x18\0\x58\0\0\0" + bytes(8) + b"\6\0\6\0\x70\0\0\0" + bytes(8) + bytes(8) + b"\1\2\0\0" + bytes(48) + b"b\0o\0b\0"))], 1433, secrets=(), client=False)


def sybase(user, password, tail=b""):
    def field(value, size):
        return value.ljust(size, b"\0") + bytes([len(value)])
    return field(b"ws1", 30) + field(user, 30) + field(password, 30) + field(b"1234", 30) + bytes(7) + field(b"", 1)[:2] + bytes(8) + field(b"app", 30) + field(b"srv", 30) + bytes(255) + b"\0" + b"\5\0\0\0" + field(b"lib", 10) + bytes(30) + tail


stream("tds5_sybase", "login user=bob kind=plain", [("c", tds(2, sybase(b"bob", S), 1)), ("s", tds(4, b"\xad\x0a\0"))], 5000)
stream("tds5_sybase_split", "login", [("c", tds(2, sybase(b"bob", S)[:504], 0) + tds(2, sybase(b"bob", S)[504:], 1)), ("s", tds(4, b"\xad\x0a\0"))], 5000)
HELLO_TLS = bytes.fromhex("16030100310100002d0303") + bytes(32) + bytes.fromhex("000004c02f00ff0100") + b"\0\0"
stream("tds_tls", "verdict=starttls-upgraded", [("c", prelogin_packet(1)), ("s", prelogin_packet(1, 4)), ("c", tds(0x12, HELLO_TLS))], 1433, secrets=(), client=False)


# --- Memcached: binary (section 4.x of its protocol page), text ---
def memcached(opcode, key, value, magic=0x80, status=0):
    return struct.pack("!BBHBBHIIQ", magic, opcode, len(key), 0, 0, status, len(key) + len(value), 0, 0) + key + value


stream("memcached_sasl", "login user=bob protocol=memcached", [("c", memcached(0x20, b"", b"")), ("s", memcached(0x20, b"", b"PLAIN", 0x81)), ("c", memcached(0x21, b"PLAIN", PLAIN)), ("s", memcached(0x21, b"", b"Authenticated", 0x81))], 11211)
stream("memcached_sasl_bad", "login", [("c", memcached(0x21, b"PLAIN", b"bob\0bob\0" + S)), ("s", memcached(0x21, b"", b"Auth failure", 0x81, 0x20))], 11211)
stream("memcached_cram", "login kind=hash", [("c", memcached(0x21, b"CRAM-MD5", b"")), ("s", memcached(0x21, b"", b"<1.2@x>", 0x81, 0x21)), ("c", memcached(0x22, b"CRAM-MD5", b"bob b913a602c7eda7a495b4e6e7334d3890"))], 11211, secrets=(b"b913a602c7eda7a495b4e6e7334d3890",))
stream("memcached_text", "login", [("c", b"set auth 0 0 %d\r\nbob %s\r\n" % (4 + len(S), S)), ("s", b"STORED\r\n")], 11211, odd=False)
stream("memcached_text_refused", "login", [("c", b"set x 0 0 %d\r\nbob %s\r\n" % (4 + len(S), S)), ("s", b"CLIENT_ERROR authentication failure\r\n")], 11211, odd=False)
stream("memcached_plain_set", "no-login", [("c", b"set greeting 0 900 5\r\nhello\r\nget greeting\r\n"), ("s", b"STORED\r\nVALUE greeting 0 5\r\nhello\r\nEND\r\n")], 11211, secrets=(), odd=False, client=False)


# --- Kafka ---
def kafka(key, version, body, correlation=1, client=b"producer-1"):
    head = struct.pack("!hhi", key, version, correlation) + struct.pack("!h", len(client)) + client
    return u32(len(head) + len(body)) + head + body


def kstring(text):
    return struct.pack("!h", len(text)) + text


def kanswer(body, correlation=1):
    return u32(4 + len(body)) + u32(correlation) + body


APIV = ("c", kafka(18, 0, b""))
APIVA = ("s", kanswer(struct.pack("!hi", 0, 1) + struct.pack("!hhh", 17, 0, 1)))
HANDSHAKE = [("c", kafka(17, 1, kstring(b"PLAIN"), 2)), ("s", kanswer(struct.pack("!hi", 0, 1) + kstring(b"PLAIN"), 2))]
stream("kafka_plain", "login user=bob protocol=kafka", [APIV, APIVA] + HANDSHAKE + [("c", kafka(36, 0, u32(len(PLAIN)) + PLAIN, 3)), ("s", kanswer(struct.pack("!hhI", 0, -1, 0), 3))], 9092)
stream("kafka_plain_v2", "login", [("c", kafka(18, 3, b"\0\x0eapache-kafka\x063.5\0"))] + [("c", kafka(17, 1, kstring(b"PLAIN"), 2)), ("c", kafka(36, 2, b"\0" + bytes([len(PLAIN) + 1]) + PLAIN + b"\0", 3))], 9092)
stream("kafka_plain_raw", "login", [("c", kafka(17, 0, kstring(b"PLAIN"), 2)), ("s", kanswer(struct.pack("!hi", 0, 1) + kstring(b"PLAIN"), 2)), ("c", u32(len(PLAIN)) + PLAIN), ("s", u32(0))], 9092)
stream("kafka_scram", "login kind=hash", [("c", kafka(17, 1, kstring(b"SCRAM-SHA-512"), 2)), ("s", kanswer(struct.pack("!hi", 0, 1) + kstring(b"SCRAM-SHA-512"), 2)), ("c", kafka(36, 0, u32(15) + b"n,,n=bob,r=abcd", 3)),
       ("s", kanswer(struct.pack("!hh", 0, -1) + u32(25) + b"r=abcdef,s=c2FsdA==,i=4096", 3)[:41]), ("c", kafka(36, 0, (lambda p: u32(len(p)) + p)(b"c=biws,r=abcdef,p=" + b64(S * 3)), 4))], 9092)
stream("kafka_oauth", "login kind=token", [("c", kafka(17, 1, kstring(b"OAUTHBEARER"), 2)), ("c", kafka(36, 0, (lambda p: u32(len(p)) + p)(b"n,,\1auth=Bearer " + S + b"99\1\1"), 3))], 9092)
stream("kafka_none", "no-login", [APIV, APIVA, ("c", kafka(3, 1, u32(0), 2))], 9092, secrets=(), client=False, odd=False)


# --- ZooKeeper (jute) ---
def zk(body):
    return u32(len(body)) + body


CONNECT = zk(struct.pack("!iqiq", 0, 0, 30000, 0) + longstr(bytes(16)) + b"\0")
CONNECTED = zk(struct.pack("!iiq", 0, 30000, 0x1234) + longstr(bytes(16)) + b"\0")


def zk_auth(scheme, auth, xid=-4):
    return zk(struct.pack("!iii", xid, 100, 0) + longstr(scheme) + longstr(auth))


stream("zookeeper_digest", "login user=bob protocol=zookeeper", [("c", CONNECT), ("s", CONNECTED), ("c", zk_auth(b"digest", b"bob:" + S)), ("s", zk(struct.pack("!iqi", -4, 1, 0)))], 2181)
stream("zookeeper_digest_bad", "login", [("c", CONNECT[:-1] if False else CONNECT), ("s", CONNECTED), ("c", zk_auth(b"digest", b"bob:" + S)), ("s", zk(struct.pack("!iqi", -4, 1, -115)))], 2181)
stream("zookeeper_auth_scheme", "login | unknown", [("c", CONNECT), ("s", CONNECTED), ("c", zk_auth(b"auth", b"bob:" + S))], 2181)
stream("zookeeper_sasl", "login kind=hash | unknown", [("c", CONNECT), ("s", CONNECTED), ("c", zk(struct.pack("!ii", 1, 102) + longstr(b""))), ("s", zk(struct.pack("!iqi", 1, 1, 0) + longstr(b'realm="zk",nonce="abc",qop="auth",charset=utf-8,algorithm=md5-sess'))),
       ("c", zk(struct.pack("!ii", 2, 102) + longstr(b'charset=utf-8,username="bob",realm="zk",nonce="abc",nc=00000001,cnonce="x",digest-uri="zookeeper/zk",maxbuf=65536,response=d388dad90d4bbd760a152321f2143af7,qop=auth')))], 2181, secrets=(b"d388dad90d4bbd760a152321f2143af7",))
stream("zookeeper_none", "no-login", [("c", CONNECT), ("s", CONNECTED), ("c", zk(struct.pack("!ii", 1, 11)))], 2181, secrets=(), client=False)


# --- Cassandra: native protocol v3, v4, v5 ---
def cql(opcode, body, version=4, stream_id=1):
    return struct.pack("!BBhBI", version, 0, stream_id, opcode, len(body)) + body


STARTUP = struct.pack("!H", 1) + kstring(b"CQL_VERSION") + kstring(b"3.0.0")
for version in (3, 4, 5):
    stream(f"cassandra_v{version}", "login user=bob protocol=cassandra", [("c", cql(1, STARTUP, version)), ("s", cql(3, kstring(b"org.apache.cassandra.auth.PasswordAuthenticator"), 0x80 | version)),
           ("c", cql(15, longstr(PLAIN), version)), ("s", cql(16, struct.pack("!i", -1), 0x80 | version))], 9042)
stream("cassandra_options_first", "login", [("c", cql(5, b"")), ("s", cql(6, struct.pack("!H", 0), 0x84)), ("c", cql(1, STARTUP)), ("s", cql(3, kstring(b"com.datastax.bdp.cassandra.auth.DseAuthenticator"), 0x84)), ("c", cql(15, longstr(b"PLAIN"))),
       ("s", cql(14, longstr(b"PLAIN-START"), 0x84)), ("c", cql(15, longstr(PLAIN))), ("s", cql(16, struct.pack("!i", -1), 0x84))], 9042, client=False)
stream("cassandra_ready", "no-login", [("c", cql(1, STARTUP)), ("s", cql(2, b"", 0x84))], 9042, secrets=(), client=False)


# --- DRDA (DDM): ACCSEC, SECCHK ---
def ddm(codepoint, data):
    return struct.pack("!HH", 4 + len(data), codepoint) + data


def dss(objects, fmt=1):
    return struct.pack("!HBBH", 6 + len(objects), 0xd0, fmt, 1) + objects




def ebcdic(text):
    return text.encode("cp500")


EXCSAT = dss(ddm(0x1041, ddm(0x115e, ebcdic("db2jcc_application")) + ddm(0x1404, bytes.fromhex("1403000a2407000b"))), 0x41)
ACCSEC = dss(ddm(0x106d, ddm(0x11a2, b"\0\3") + ddm(0x2110, ebcdic("SAMPLE".ljust(18)))))
SECCHK = dss(ddm(0x106e, ddm(0x11a2, b"\0\3") + ddm(0x11a1, ebcdic(S.decode())) + ddm(0x11a0, ebcdic("bob"))))
DANS = ("s", dss(ddm(0x1443, ddm(0x115e, ebcdic("x"))), 2))
stream("drda_ebcdic", "login user=bob protocol=drda", [("c", EXCSAT + ACCSEC), DANS, ("c", SECCHK), ("s", dss(ddm(0x1219, ddm(0x11a4, b"\0")), 2))], 50000, secrets=(S, ebcdic(S.decode())))
stream("drda_ascii", "login", [("c", EXCSAT + ACCSEC), DANS, ("c", dss(ddm(0x106e, ddm(0x11a2, b"\0\3") + ddm(0x11a0, b"bob") + ddm(0x11a1, S))))], 1527)
stream("drda_encrypted", "no-login | login kind=hash | unknown", [("c", EXCSAT + dss(ddm(0x106d, ddm(0x11a2, b"\0\x09")))), DANS, ("c", dss(ddm(0x106e, ddm(0x11a2, b"\0\x09") + ddm(0x11dc, bytes(range(32))) + ddm(0x11dc, bytes(range(32))))))], 50000, secrets=(), client=False)
stream("drda_userid_only", "no-login", [("c", EXCSAT + dss(ddm(0x106d, ddm(0x11a2, b"\0\4")))), DANS, ("c", dss(ddm(0x106e, ddm(0x11a2, b"\0\4") + ddm(0x11a0, ebcdic("bob")))))], 50000, secrets=(), client=False)


# --- Oracle TNS with O5LOGON ---
def tns(kind, body):
    return struct.pack("!HHBBH", 8 + len(body), 0, kind, 0, 0) + body


def tns_text(key, value):
    return struct.pack("<I", len(key)) + bytes([len(key)]) + key + struct.pack("<I", len(value)) + bytes([len(value)]) + value + bytes(4)


DESCRIPTOR = b"(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=orcl)(CID=(PROGRAM=sqlplus)(HOST=ws1)(USER=bob)))(ADDRESS=(PROTOCOL=TCP)(HOST=198.51.100.20)(PORT=1521)))"
TCONNECT = ("c", tns(1, struct.pack("!HHHHHHHHHHIBB", 0x13a, 0x12c, 0, 0x2000, 0x7fff, 0x86, 0, 1, len(DESCRIPTOR), 58, 0, 0, 0) + bytes(24) + DESCRIPTOR))
TACCEPT = ("s", tns(2, struct.pack("!HHHHHHH", 0x13a, 0, 0x2000, 0x7fff, 1, 0, 32) + bytes(10)))
SESSKEY = b"6B1E6F2A9C0D4E5F" * 6
stream("tns_o5logon", "login kind=hash protocol=tns", [TCONNECT, TACCEPT, ("c", tns(6, b"\0\0\3\x76\2\1" + b"\3bob" + tns_text(b"AUTH_TERMINAL", b"pts/0"))), ("s", tns(6, b"\0\0\x08" + tns_text(b"AUTH_SESSKEY", SESSKEY) + tns_text(b"AUTH_VFR_DATA", b"A1B2C3D4E5F60718"))),
       ("c", tns(6, b"\0\0\3\x73\3\1" + b"\3bob" + tns_text(b"AUTH_SESSKEY", SESSKEY) + tns_text(b"AUTH_PASSWORD", b"9F8E7D6C5B4A3928" * 4))), ("s", tns(6, b"\0\0\x08"))], 1521, secrets=(b"9F8E7D6C5B4A392899",), client=False)
stream("tns_refused", "no-login", [TCONNECT, ("s", tns(4, b"\x22\0\0\x1e(DESCRIPTION=(ERR=12514))"))], 1521, secrets=(), client=False)

# --- Redis ---
def resp(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


OKR = ("s", b"+OK\r\n")
stream("redis_auth", "login protocol=redis", [("c", resp(b"AUTH", S)), OKR], 6379)
stream("redis_auth_user", "login user=bob", [("c", resp(b"auth", b"bob", S)), ("s", b"-WRONGPASS invalid\r\n")], 6379)
stream("redis_hello", "login user=bob", [("c", resp(b"HELLO", b"3", b"AUTH", b"bob", S, b"SETNAME", b"x")), ("s", b"%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n")], 6379)
stream("redis_inline", "login", [("c", b"AUTH " + S + b"\r\n"), OKR], 6379)
stream("redis_inline_quoted", "login", [("c", b'auth "' + S + b'"\r\n'), OKR], 6379)
stream("redis_pipelined", "login", [("c", resp(b"PING") + resp(b"AUTH", S) + resp(b"GET", b"a")), ("s", b"+PONG\r\n+OK\r\n$-1\r\n")], 6379)
stream("redis_config", "login", [("c", resp(b"CONFIG", b"SET", b"requirepass", S)), OKR], 6379)
stream("redis_acl", "login", [("c", resp(b"ACL", b"SETUSER", b"bob", b"on", b">" + S, b"~*")), OKR], 6379)
stream("redis_migrate", "login", [("c", resp(b"MIGRATE", b"h", b"6379", b"k", b"0", b"10", b"AUTH2", b"bob", S)), OKR], 6379)
stream("redis_late", "login", [("c", resp(b"GET", b"a" * 300)), ("s", b"$-1\r\n")] * 80 + [("c", resp(b"AUTH", S)), OKR], 6379, cut=())
stream("redis_none", "no-login", [("c", resp(b"GET", b"password")), ("s", b"$1\r\nx\r\n")], 6379, secrets=(), client=False)


# --- MySQL, PostgreSQL ---
def my(number, body):
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


def greeting(plugin=b"mysql_native_password", caps=0xffffffff):
    return ("s", my(0, b"\x0a8.0.33\0" + struct.pack("<I", 7) + b"abcdefgh\0" + struct.pack("<H", 0xf7ff) + b"\x21\2\0\xff\x81\x15" + bytes(10) + b"ijklmnopqrst\0" + plugin + b"\0"))


def response(auth, plugin=b"mysql_native_password", user=b"bob"):
    return ("c", my(1, struct.pack("<IIB", 0x000fa68d & ~0x800, 1 << 24, 33) + bytes(23) + user + b"\0" + bytes([len(auth)]) + auth + b"db\0" + plugin + b"\0"))


stream("mysql_native", "login kind=hash user=bob protocol=mysql", [greeting(), response(HASH20), ("s", my(2, b"\0\0\0\2\0\0\0"))], 3306, secrets=())
stream("mysql_clear", "login kind=plain", [greeting(b"mysql_clear_password"), response(S + b"\0", b"mysql_clear_password"), ("s", my(2, b"\0\0\0\2\0\0\0"))], 3306)
stream("mysql_switch_clear", "login", [greeting(), response(HASH20), ("s", my(2, b"\xfemysql_clear_password\0")), ("c", my(3, S + b"\0")), ("s", my(4, b"\0\0\0\2\0\0\0"))], 3306, client_right="login | unknown")
stream("mysql_empty", "no-login", [greeting(), response(b""), ("s", my(2, b"\0\0\0\2\0\0\0"))], 3306, secrets=(), client=False)
stream("mysql_denied", "login", [greeting(), response(HASH20), ("s", my(2, b"\xff\x15\x04#28000Access denied for user 'bob'@'x' (using password: YES)"))], 3306, secrets=())
stream("mysql_sha2_full", "login", [greeting(b"caching_sha2_password"), response(HASH20 + bytes(12), b"caching_sha2_password"), ("s", my(2, b"\1\4")), ("c", my(3, b"\2")), ("s", my(4, b"\1-----BEGIN PUBLIC KEY-----"))], 3306, secrets=())
stream("mysql_too_many", "no-login", [("s", my(0, b"\xff\x10\x04#08004Too many connections"))], 3306, secrets=(), client=False, odd=False, cut=())


def pg(kind, body):
    return kind + u32(4 + len(body)) + body


PGSTART = ("c", u32(4 + 4 + len(b"user\0bob\0database\0db\0\0")) + struct.pack("!I", 196608) + b"user\0bob\0database\0db\0\0")
stream("pgsql_clear", "login kind=plain user=bob protocol=pgsql", [PGSTART, ("s", pg(b"R", u32(3))), ("c", pg(b"p", S + b"\0")), ("s", pg(b"R", u32(0)))], 5432)
stream("pgsql_md5", "login kind=hash", [PGSTART, ("s", pg(b"R", u32(5) + b"salt")), ("c", pg(b"p", b"md5" + hashlib.md5(S).hexdigest().encode() + b"\0")), ("s", pg(b"R", u32(0)))], 5432, secrets=(hashlib.md5(S).hexdigest().encode(),))
stream("pgsql_scram", "login kind=hash", [PGSTART, ("s", pg(b"R", u32(10) + b"SCRAM-SHA-256\0\0")), ("c", pg(b"p", b"SCRAM-SHA-256\0" + longstr(b"n,,n=,r=abc"))), ("s", pg(b"R", u32(11) + b"r=abcd,s=c2FsdA==,i=4096")),
       ("c", pg(b"p", b"c=biws,r=abcd,p=" + b64(S * 3))), ("s", pg(b"R", u32(12) + b"v=abc") + pg(b"R", u32(0)))], 5432)
stream("pgsql_ssl_refused", "login", [("c", u32(8) + struct.pack("!I", 80877103)), ("s", b"N"), PGSTART, ("s", pg(b"R", u32(3))), ("c", pg(b"p", S + b"\0")), ("s", pg(b"R", u32(0)))], 5432)
stream("pgsql_gss_then_clear", "login", [("c", u32(8) + struct.pack("!I", 80877104)), ("s", b"N"), PGSTART, ("s", pg(b"R", u32(3))), ("c", pg(b"p", S + b"\0"))], 5432)
stream("pgsql_trust", "no-login", [PGSTART, ("s", pg(b"R", u32(0)) + pg(b"Z", b"I")), ("c", pg(b"Q", b"select 1\0"))], 5432, secrets=(), client=False)
stream("pgsql_alter_role", "login", [PGSTART, ("s", pg(b"R", u32(3))), ("c", pg(b"p", b"firstpassword\0")), ("s", pg(b"R", u32(0))), ("c", pg(b"Q", b"ALTER ROLE bob PASSWORD '" + S + b"'\0"))], 5432, secrets=(S, b"firstpassword"))
