"""HTTP by its RFCs: where a secret may stand in a request, in what shape a body comes, what the answer may hold."""
import gzip
import json
import struct
import zlib

from cases import SECRET, stream
from wire import b64

S = SECRET
OK = ("s", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
BASIC = b64(b"bob:" + S)


def get(target=b"/", fields=b"", version=b"HTTP/1.1", method=b"GET"):
    return method + b" " + target + b" " + version + b"\r\nHost: www.example.com\r\n" + fields + b"\r\n"


def post(kind, body, fields=b"", target=b"/login", method=b"POST"):
    return get(target, b"Content-Type: " + kind + b"\r\nContent-Length: %d\r\n" % len(body) + fields, method=method) + body


def chunked(kind, body, size, trailer=b"", extension=b"", fields=b""):
    chunks = b"".join(b"%x%s\r\n%s\r\n" % (len(body[i:i + size]), extension, body[i:i + size])
                      for i in range(0, len(body), size))
    return get(b"/login", b"Content-Type: " + kind + b"\r\nTransfer-Encoding: chunked\r\n" + fields,
               method=b"POST") + chunks + b"0\r\n" + trailer + b"\r\n"


def http(name, right, request, answer=OK, secrets=(S,), port=80, **how):
    stream("http_" + name, right, [("c", request), answer] if answer else [("c", request)], port, secrets=secrets,
           odd=how.pop("odd", 8088), **how)


FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"

# Authorization and its kin (RFC 9110 section 11).
http("basic", "login user=bob kind=plain", get(fields=b"Authorization: Basic " + BASIC + b"\r\n"), secrets=(S, BASIC))
http("basic_upper", "login user=bob", get(fields=b"AUTHORIZATION:BASIC " + BASIC + b"\r\n"), secrets=(S, BASIC))
http("basic_tabs", "login user=bob", get(fields=b"authorization:\t bAsIc\t" + BASIC + b"  \r\n"), secrets=(S, BASIC))
http("basic_blanks", "login user=bob", get(fields=b"Authorization: Basic    " + BASIC + b"\r\n"), secrets=(S, BASIC))
http("basic_fold_tab", "login", get(fields=b"Authorization:\r\n\tBasic\r\n\t" + BASIC + b"\r\n"), secrets=(S, BASIC))
http("basic_fold_mid", "login", get(fields=b"Authorization: Basic " + BASIC[:8] + b"\r\n " + BASIC[8:] + b"\r\n"),
     secrets=(S, BASIC[8:]))
http("basic_lf", "login", get(fields=b"Authorization: Basic " + BASIC + b"\r\n").replace(b"\r\n", b"\n"), secrets=(S, BASIC))
http("basic_http10", "login user=bob", get(fields=b"Authorization: Basic " + BASIC + b"\r\n", version=b"HTTP/1.0"))
http("basic_nopad", "login", get(fields=b"Authorization: Basic " + b64(b"bo:" + S).rstrip(b"=") + b"\r\n"))
http("basic_utf8", "login", get(fields=b"Authorization: Basic " + b64("jürg:".encode() + S) + b"\r\n"))
http("basic_twice", "login", get(fields=b"Authorization: Basic " + b64(b"a:x") + b"\r\nAuthorization: Basic " + BASIC + b"\r\n"))
http("basic_401", "login", get(fields=b"Authorization: Basic " + BASIC + b"\r\n"),
     ("s", b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"))
http("challenge_only", "no-login exit=0", get(),
     ("s", b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"), secrets=())
http("basic_put", "login", get(fields=b"Authorization: Basic " + BASIC + b"\r\nContent-Length: 3\r\n", method=b"PUT") + b"abc")
http("basic_webdav", "login", get(fields=b"Authorization: Basic " + BASIC + b"\r\nDepth: 0\r\n", method=b"PROPFIND"))
http("basic_unknown_method", "login", get(fields=b"Authorization: Basic " + BASIC + b"\r\n", method=b"BREW"))
http("bearer", "login kind=token", get(fields=b"Authorization: Bearer " + S + b"abcdef.123\r\n"))
http("bearer_lower", "login kind=token", get(fields=b"authorization: bearer " + S + b"abcdef123\r\n"))
http("apikey_scheme", "login", get(fields=b"Authorization: ApiKey " + b64(b"id:" + S) + b"\r\n"))
http("token_token", "login", get(fields=b"Authorization: Token token=\"" + S + b"99\"\r\n"))
http("key_scheme", "login", get(fields=b"Authorization: key=" + S + b"99AIzaSyA\r\n"))
http("digest_sha256", "login kind=hash", get(fields=b'Authorization: Digest username="bob", realm="r", nonce="n1", uri="/", '
     b'algorithm=SHA-256, response="' + b"0123456789abcdef" * 4 + b'"\r\n'), secrets=(b"0123456789abcdef0123",))
http("digest_userhash", "login kind=hash", get(fields=b'Authorization: Digest username="' + b"ab12" * 16 + b'", realm="r", '
     b'nonce="n1", uri="/", response="' + b"0123456789abcdef" * 2 + b'", userhash=true\r\n'), secrets=(b"0123456789abcdef0123",))
http("ntlm1", "no-login", get(fields=b"Authorization: NTLM " + b64(b"NTLMSSP\0\1\0\0\0\7\x82\x08\xa2" + bytes(16)) + b"\r\n"), secrets=())
http("proxy_auth", "login", get(b"http://a/", b"Proxy-Authorization: Basic " + BASIC + b"\r\n"), port=3128)
http("connect_407", "login", get(b"a:443", b"Proxy-Authorization: Basic " + BASIC + b"\r\n", method=b"CONNECT"),
     ("s", b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"), port=8080)
http("scram", "login kind=hash", get(fields=b"Authorization: SCRAM-SHA-256 sid=x, data=" + b64(b"c=biws,r=abc,p=" + b64(S * 3)) + b"\r\n"))
http("trailer_auth", "login | unknown", chunked(JSON, b"{}", 2, b"Authorization: Basic " + BASIC + b"\r\n"))

# The target (RFC 3986, 6750 section 2.3, 6749).
http("userinfo", "login", get(b"http://bob:" + S + b"@www.example.com/x"), port=8080)
http("userinfo_pct", "login", get(b"http://bob:%54%4f" + S[2:] + b"@www.example.com/x"), port=3128)
http("q_access_token", "login", get(b"/x?access_token=" + S + b"abc123"))
http("q_token_upper", "login", get(b"/x?ACCESS_TOKEN=" + S + b"abc123"))
http("q_password", "login", get(b"/x?user=bob&password=" + S))
http("q_pw_semicolon", "login", get(b"/x?user=bob;password=" + S))
http("q_pct_both", "login", get(b"/x?%70%61%73%73%77%6f%72%64=%54" + S[1:]))
http("q_apikey", "login", get(b"/maps?api_key=" + S + b"abc123"))
http("q_api_key_dash", "login", get(b"/maps?api-key=" + S + b"abc123"))
http("q_client_secret", "login", get(b"/t?client_id=a&client_secret=" + S))
http("q_pwd_html", "login", get(b"/cgi-bin/login.cgi?u=bob&pwd=" + S))
http("q_private_token", "login", get(b"/api/v4/projects?private_token=" + S + b"xyz9"))
http("q_sig_s3", "unknown", get(b"/b?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb&X-Amz-Signature=" + S.hex().encode()))
http("q_refresh_token", "login", get(b"/t?grant_type=refresh_token&refresh_token=" + S + b"9"))
http("fragment", "login", get(b"/cb#access_token=" + S + b"abc1"))
http("matrix", "login", get(b"/a;pass=" + S + b"/b"))
http("passport_path", "no-login exit=0", get(b"/passport/password-reset?step=2"), secrets=())
http("q_search_word", "no-login exit=0", get(b"/search?q=password+manager&lang=en"), secrets=())
http("q_long", "login", get(b"/x?a=" + b"y" * 3000 + b"&password=" + S), cut=(7,))
http("q_very_long", "login", get(b"/x?a=" + b"y" * 9500 + b"&password=" + S), cut=(1000,))

# Forms (RFC 6749 section 2.3.1 and 4.3, by use).
for field in (b"password", b"passwd", b"pass", b"pw", b"pwd", b"passphrase", b"user_password", b"loginPassword", b"txtPassword",
              b"user%5Bpassword%5D", b"session[password]", b"login[pass]", b"_password", b"PASSWORD", b"passWord", b"userpass",
              b"j_password", b"ctl00%24main%24tbPassword", b"client_secret", b"pin", b"otp", b"contrasena", b"motdepasse",
              b"mot_de_passe", b"senha", b"wachtwoord", b"passwort", b"haslo", b"clave", b"mdp", b"psw",
              b"%D0%BF%D0%B0%D1%80%D0%BE%D0%BB%D1%8C", b"%E5%AF%86%E7%A0%81", b"secret", b"credentials", b"auth_pass",
              b"httpd_password", b"wlanPassword", b"admin_pwd", b"new-password", b"userPwd", b"usr_pwd"):
    stream("http_form_" + "".join(c for c in field.decode("latin1") if c.isalnum() or c in "_%"), "login",
           [("c", post(FORM, b"user=bob&" + field + b"=" + S)), OK], 80, odd=False, cut=(), client=False, v6=False)
http("form_no_type", "login", get(b"/login", b"Content-Length: %d\r\n" % len(b"user=bob&password=" + S), method=b"POST")
     + b"user=bob&password=" + S)
http("form_charset", "login user=bob", post(FORM + b"; charset=UTF-8", b"user=bob&password=" + S + b"&go=1"))
http("form_put", "login", post(FORM, b"password=" + S, method=b"PUT"))
http("form_password_grant", "login", post(FORM, b"grant_type=password&username=bob&password=" + S))
http("form_big", "login", post(FORM, b"blob=" + b"z" * 20000 + b"&password=" + S), cut=(977,), client=False)
http("form_big_100k", "login", post(FORM, b"blob=" + b"z" * 100000 + b"&password=" + S), cut=(), client=False, odd=False, v6=False)
http("form_two", "login", post(FORM, b"old_password=" + S + b"&new_password=SECONDSECRET2"), secrets=(S, b"SECONDSECRET2"))
http("form_chunks_1", "login", chunked(FORM, b"user=bob&password=" + S, 1))
http("form_chunks_3", "login", chunked(FORM, b"user=bob&password=" + S, 3, extension=b";a=b"))
http("form_chunks_upper", "login", chunked(FORM, b"user=bob&password=" + S + b"&x=" + b"y" * 200, 171).replace(b"ab\r\n", b"00AB\r\n", 1))
http("form_gzip", "login", post(FORM, gzip.compress(b"user=bob&password=" + S, mtime=0), b"Content-Encoding: gzip\r\n"))
http("form_xgzip", "login", post(FORM, gzip.compress(b"user=bob&password=" + S, mtime=0), b"content-encoding:x-gzip\r\n"))
http("form_deflate", "login", post(FORM, zlib.compress(b"user=bob&password=" + S), b"Content-Encoding: deflate\r\n"))
RAW = zlib.compressobj(9, zlib.DEFLATED, -15)
http("form_deflate_raw", "login", post(FORM, RAW.compress(b"user=bob&password=" + S) + RAW.flush(), b"Content-Encoding: deflate\r\n"))
http("form_gzip_chunks", "login", chunked(FORM, gzip.compress(b"user=bob&password=" + S, mtime=0), 5, fields=b"Content-Encoding: gzip\r\n"))
http("form_br", "login | unknown", post(FORM, b"\x0b\x10\x80" + S + b"\x03", b"Content-Encoding: br\r\n"))
http("form_zstd", "login | unknown", post(JSON, b"\x28\xb5\x2f\xfd\x20\x10" + S, b"Content-Encoding: zstd\r\n"))
http("form_pipelined", "login logins=1", get() + get(b"/2") + post(FORM, b"user=bob&password=" + S) + get(b"/3"))
http("form_after_get", "login", get() + post(FORM, b"password=" + S))
http("form_token", "login", post(FORM, b"token=" + S + b"abcdef99"))
http("form_csrf_only", "no-login exit=0", post(FORM, b"csrf_token=abcdef0123456789abcdef&name=x"), secrets=())
http("form_search", "no-login exit=0", post(FORM, b"q=hello&page=2&name=bob"), secrets=())
http("form_empty_password", "no-login", post(FORM, b"user=bob&password="), secrets=())
http("form_text_plain", "login", post(b"text/plain", b"user=bob\r\npassword=" + S + b"\r\n"))

# JSON (RFC 8259).
http("json_spaces", "login", post(JSON, b'{ "user" : "bob" ,\n "password" :\t"' + S + b'" }'))
http("json_nested", "login", post(JSON, json.dumps({"auth": {"identity": {"methods": ["password"], "password": {"user": {
    "name": "bob", "password": S.decode()}}}}}).encode()))
http("json_array_of", "login", post(JSON, b'[{"a":1},{"user":"bob","password":"' + S + b'"}]'))
http("json_escaped_name", "login", post(JSON, b'{"user":"bob","\\u0070\\u0061ssw\\u006Frd":"' + S + b'"}'))
http("json_escaped_value", "login", post(JSON, b'{"user":"bob","password":"\\u0054' + S[1:] + b'\\"x\\\\"}'))
http("json_number", "login", post(JSON, b'{"user":"bob","pin":7391850264}'), secrets=(b"7391850264",))
http("json_negative", "login", post(JSON, b'{"user":"bob","password":-7391850264.5e3}'), secrets=(b"7391850264",))
http("json_bool", "no-login exit=0", post(JSON, b'{"password":null,"remember":true,"name":"x"}'), secrets=())
http("json_rpc", "login", post(JSON, b'{"jsonrpc":"2.0","method":"user.login","params":{"user":"Admin","password":"' + S + b'"},"id":1}'))
http("json_graphql", "login", post(JSON, b'{"query":"mutation($u:String!,$p:String!){login(user:$u,password:$p)}","variables":{"u":"bob","password":"' + S + b'"}}'))
http("json_api_key", "login", post(JSON, b'{"apiKey":"' + S + b'abc1"}'))
http("json_ld", "login", post(b"application/vnd.api+json; charset=utf-8", b'{"data":{"attributes":{"email":"bob@example.com","password":"' + S + b'"}}}'))
http("json_utf16", "login", post(JSON, ('{"password":"' + S.decode() + '"}').encode("utf-16-le")))
http("json_bom", "login", post(JSON, b'\xef\xbb\xbf{"password":"' + S + b'"}'))
http("json_chunks", "login", chunked(JSON, b'{"user":"bob","password":"' + S + b'"}', 4))
http("json_deep", "login", post(JSON, b'[' * 200 + b'{"password":"' + S + b'"}' + b']' * 200))
http("json_ndjson", "login", post(b"application/x-ndjson", b'{"index":{}}\n{"user":"bob","password":"' + S + b'"}\n'))
http("json_camel_secret", "login", post(JSON, b'{"clientId":"a","clientSecret":"' + S + b'"}'))
http("json_strings_only", "no-login exit=0", post(JSON, b'["password","' + b"hello" + b'"]'), secrets=())

# Multipart (RFC 7578), XML.


def part(disposition, value, more=b""):
    return b"--XbX\r\nContent-Disposition: form-data; " + disposition + b"\r\n" + more + b"\r\n" + value + b"\r\n"


MULTI = b"multipart/form-data; boundary=XbX"
http("multi_quoted", "login user=bob", post(MULTI, part(b'name="user"', b"bob") + part(b'name="password"', S) + b"--XbX--\r\n"))
http("multi_bare", "login", post(MULTI, part(b"name=user", b"bob") + part(b"name=password", S) + b"--XbX--\r\n"))
http("multi_case", "login", post(b'Multipart/Form-Data; Boundary="XbX"', part(b'NAME="passwd"', S).replace(b"Content-D", b"content-d") + b"--XbX--\r\n"))
http("multi_typed", "login", post(MULTI, part(b'name="password"', S, b"Content-Type: text/plain; charset=utf-8\r\n") + b"--XbX--"))
http("multi_file", "no-login exit=0", post(MULTI, part(b'name="password"; filename="a.txt"', b"file content") + b"--XbX--\r\n"), secrets=())
http("multi_preamble", "login", post(MULTI, b"preamble\r\n" + part(b'name="password"', S) + b"--XbX--\r\n"))
http("multi_charset_name", "login", post(MULTI, part(b"name*=utf-8''pass%77ord", S) + b"--XbX--\r\n"))
http("xml_attr", "login | unknown", post(b"text/xml", b'<login user="bob" password="' + S + b'"/>'))
http("xml_elements", "login", post(b"application/xml", b"<?xml version='1.0'?><req><username>bob</username><password>" + S + b"</password></req>"))
http("xml_cdata", "login", post(b"text/xml", b"<r><password><![CDATA[" + S + b"]]></password></r>"))
http("xml_ns", "login", post(b"application/soap+xml", b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><w:Security>'
     b"<w:UsernameToken><w:Username>bob</w:Username><w:Password Type='x#PasswordText'>" + S + b"</w:Password></w:UsernameToken></w:Security></s:Header></s:Envelope>"))
http("xml_digest", "login", post(b"text/xml", b"<w:UsernameToken><w:Username>bob</w:Username><w:Password Type='x#PasswordDigest'>" + b64(S * 2)
     + b"</w:Password><w:Nonce>abc</w:Nonce></w:UsernameToken>"))
http("xmlrpc_struct", "login", post(b"text/xml", b"<methodCall><methodName>login</methodName><params><param><value><struct><member><name>password</name>"
     b"<value><string>" + S + b"</string></value></member></struct></value></param></params></methodCall>"))

# Fields of their own.
for field in (b"X-API-Key", b"X-Api-Token", b"X-Auth-Token", b"PRIVATE-TOKEN", b"X-Vault-Token", b"apikey", b"Api-Key", b"X-Access-Token",
              b"X-Auth-Password", b"X-Password", b"X-Plex-Token", b"Ocp-Apim-Subscription-Key", b"X-Functions-Key", b"X-Emby-Token",
              b"X-Consul-Token", b"X-Redmine-API-Key", b"X-Gitlab-Token", b"JOB-TOKEN", b"X-Goog-Api-Key", b"X-Figma-Token",
              b"X-JFrog-Art-Api", b"X-ClickHouse-Key", b"X-Auth-Key", b"X-Shopify-Access-Token", b"DD-API-KEY", b"X-Nomad-Token",
              b"X-OpenAM-Password", b"X-Amz-Security-Token", b"X-Influxdb-Token", b"X-Session-Token", b"circle-token"):
    right = "login | unknown" if field in (b"X-Amz-Security-Token", b"X-Session-Token", b"X-JFrog-Art-Api") else "login"
    stream("http_field_" + field.decode(), right, [("c", get(fields=field + b": " + S + b"abcdef99\r\n")), OK], 80,
           odd=False, cut=(), client=False, v6=False)
http("x_auth_swift", "login", get(b"/auth/v1.0", b"X-Auth-User: test:bob\r\nX-Auth-Key: " + S + b"\r\n"))
http("x_storage", "login", get(b"/auth/v1.0", b"X-Storage-User: bob\r\nX-Storage-Pass: " + S + b"\r\n"))
http("clickhouse", "login", get(b"/", b"X-ClickHouse-User: bob\r\nX-ClickHouse-Key: " + S + b"\r\n"))
http("cookie", "no-login reason=cookie-in-clear", get(fields=b"Cookie: SID=" + S + b"\r\n"))
http("cookie_token", "no-login | login", get(fields=b"Cookie: access_token=" + S + b"abc\r\n"))
http("set_cookie", "no-login", get(), ("s", b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=" + S + b"\r\nContent-Length: 0\r\n\r\n"), client=False)
http("referer_beside", "login", get(fields=b"Authorization: Basic " + b64(b"bob:secondsecret") + b"\r\nReferer: http://a/?token=" + S + b"\r\n"))
http("host_only", "no-login exit=0", get(fields=b"User-Agent: curl/8\r\nAccept: */*\r\n"), secrets=())

# HTTP/2 in the clear (RFC 9113, 7541).
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def h2(kind, flags, stream_id, payload):
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream_id) + payload


def literal(name, value, index=0):
    def text(data):
        return (bytes([len(data)]) if len(data) < 127 else b"\x7f" + varint(len(data) - 127)) + data
    return (bytes([index]) + text(name)) + text(value)


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


HEAD = b"\x82\x86\x84" + literal(b":authority", b"www.example.com")
FORM_HEAD = b"\x83\x86" + literal(b":path", b"/login") + literal(b":authority", b"a")
h2_ok = ("s", h2(4, 0, 0, b"") + h2(4, 1, 0, b"") + h2(1, 5, 1, b"\x88"))


def http2(name, right, payload, **how):
    http("h2_" + name, right, PREFACE + h2(4, 0, 0, b"") + payload, h2_ok, **how)


http2("basic", "login | unknown", h2(1, 5, 1, HEAD + literal(b"authorization", b"Basic " + BASIC)), secrets=(S, BASIC))
http2("never_indexed", "login | unknown", h2(1, 5, 1, HEAD + literal(b"authorization", b"Basic " + BASIC, 0x10)))
http2("padded", "login | unknown", h2(1, 0x2d, 1, b"\x04\0\0\0\0\x10" + HEAD + literal(b"authorization", b"Bearer " + S + b"abc") + bytes(4)))
block = HEAD + literal(b"authorization", b"Bearer " + S + b"abc")
http2("continuation", "login | unknown", h2(1, 1, 1, block[:30]) + h2(9, 0, 1, block[30:50]) + h2(9, 4, 1, block[50:]))
http2("second_stream", "login | unknown", h2(1, 5, 1, HEAD) + h2(1, 5, 3, block))
http2("form", "login | unknown", h2(1, 4, 1, FORM_HEAD + literal(b"content-type", FORM)) + h2(0, 1, 1, b"user=bob&password=" + S))
http2("json_two_frames", "login | unknown", h2(1, 4, 1, FORM_HEAD + literal(b"content-type", JSON)) + h2(0, 0, 1, b'{"password":"TOP')
      + h2(0, 1, 1, b'SECRET1"}'))
http2("path_token", "login | unknown", h2(1, 5, 1, b"\x82\x86" + literal(b":path", b"/x?access_token=" + S + b"abc")))
http2("x_api_key", "login | unknown", h2(1, 5, 1, HEAD + literal(b"x-api-key", S + b"abcdef1")))
http2("harmless", "no-login exit=0", h2(1, 5, 1, HEAD), secrets=())
http2("goaway", "no-login", h2(7, 0, 0, bytes(8)), secrets=())
http("h2_mid", "unknown", h2(1, 5, 7, b"\x82\x86\xbe\xbf"), ("s", h2(1, 4, 7, b"\x88")), secrets=(), client=False, odd=False)

# WebSocket (RFC 6455).


def masked(payload, op=1, fin=0x80, key=b"\x11\x22\x33\x44"):
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack("!H", len(payload))
    return bytes([fin | op]) + size + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


UPGRADE = [("c", get(b"/ws", b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\nSec-WebSocket-Version: 13\r\n")),
           ("s", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")]


def websocket(name, right, turns, secrets=(S,)):
    stream("ws_" + name, right, UPGRADE + turns, 80, secrets=secrets, odd=8088, client_right=right + " | unknown | no-login")


LOGIN = b'{"action":"login","user":"bob","password":"' + S + b'"}'
websocket("json", "login | unknown", [("c", masked(LOGIN))])
websocket("json_long", "login | unknown", [("c", masked(LOGIN[:-1] + b',"x":"' + b"y" * 200 + b'"}'))])
websocket("fragmented", "login | unknown", [("c", masked(LOGIN[:20], fin=0) + masked(b"", op=9) + masked(LOGIN[20:], op=0))])
websocket("token", "login | unknown", [("c", masked(b'{"type":"auth","access_token":"' + S + b'abc1"}'))])
websocket("binary", "unknown", [("c", masked(b"\x01\x02" + S, op=2))])
websocket("mqtt", "login | unknown", [("c", masked(b"\x10\x1f\0\x04MQTT\x04\xc2\0\x3c\0\x01a\0\x03bob\0\x0a" + S, op=2))])
websocket("stomp", "login | unknown", [("c", masked(b"CONNECT\naccept-version:1.1\nlogin:bob\npasscode:" + S + b"\n\n\0"))])
websocket("text", "no-login | unknown", [("c", masked(b"hello there"))], secrets=())
