#!/usr/bin/env python3
"""Real servers for tests/netns/audit_servers_test.cc, each from a directory of the test's own.

    audit_lab.py DIRECTORY

Runs in namespaces of the test's own (network, mount, pid), where the interface v1 arrives. Starts
Dovecot, Postfix, vsftpd, slapd and a web server at 192.0.2.10, and at 192.0.2.20 a man in the middle
who takes the offer of TLS out of what passes. Makes DIRECTORY/ready when all of them listen. When
this process ends so does everything in its pid namespace. Passwords are in DIRECTORY/password.
"""
import http.server
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

SERVER, MIDDLE = "192.0.2.10", "192.0.2.20"
here = pathlib.Path(sys.argv[1])
password = (here / "password").read_text()
certificate, key = here / "cert.pem", here / "key.pem"


def wait_for(condition):
    while not condition():
        time.sleep(0.02)


def start(name, *command):
    log = open(here / f"{name}.log", "wb")
    subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def dovecot():
    home = here / "dovecot"
    (home / "mail").mkdir(parents=True)
    shutil.chown(home / "mail", "mail", "mail")
    (home / "users").write_text(f"alice:{{PLAIN}}{password}\n")
    (home / "dovecot.conf").write_text(f"""
base_dir = {home}/run
log_path = {home}/log
protocols = imap pop3
listen = {SERVER}
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5
mail_location = maildir:{home}/mail/%u
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {home}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={home}/mail/%u
}}
service auth {{
  unix_listener {home}/postfix {{
    mode = 0666
  }}
}}
""")
    start("dovecot", "dovecot", "-F", "-c", str(home / "dovecot.conf"))
    return [(SERVER, port) for port in (110, 143, 993, 995)]


def postfix():
    home = here / "postfix"
    for part in ("queue", "data"):
        (home / part).mkdir(parents=True)
    shutil.chown(home / "data", "postfix", "postfix")
    (home / "main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = mail.example
mydestination =
alias_maps =
inet_interfaces = {SERVER}
inet_protocols = ipv4
smtpd_peername_lookup = no
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {here}/dovecot/postfix
""")
    (home / "master.cf").write_text("""
25        inet        n - n - - smtpd
587       inet        n - n - - smtpd
465       inet        n - n - - smtpd -o smtpd_tls_wrappermode=yes
anvil     unix        - - n - 1 anvil
tlsmgr    unix        - - n - 1 tlsmgr
rewrite   unix        - - n - - trivial-rewrite
proxymap  unix        - - n - - proxymap
postlog   unix-dgram  n - n - 1 postlogd
""")
    start("postfix", "postfix", "-c", str(home), "start-fg")
    return [(SERVER, port) for port in (25, 587, 465)]


def vsftpd():
    (here / "empty").mkdir()
    # Any password will do, for this mount namespace alone.
    (here / "pam").write_text("auth required pam_permit.so\naccount required pam_permit.so\n"
                              "session required pam_permit.so\n")
    subprocess.run(["mount", "--bind", here / "pam", "/etc/pam.d/vsftpd"], check=True)
    for port, implicit in ((21, "NO"), (990, "YES")):
        conf = here / f"vsftpd-{port}.conf"
        conf.write_text(f"""listen=YES
listen_address={SERVER}
listen_port={port}
background=NO
anonymous_enable=NO
local_enable=YES
check_shell=NO
pam_service_name=vsftpd
seccomp_sandbox=NO
secure_chroot_dir={here}/empty
ssl_enable=YES
implicit_ssl={implicit}
force_local_logins_ssl=NO
force_local_data_ssl=NO
require_ssl_reuse=NO
ssl_ciphers=HIGH
rsa_cert_file={certificate}
rsa_private_key_file={key}
""")
        start(f"vsftpd-{port}", "vsftpd", str(conf))
    return [(SERVER, 21), (SERVER, 990)]


def slapd():
    (here / "slapd.conf").write_text(f"""
include /etc/ldap/schema/core.schema
pidfile {here}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_null
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
database null
suffix "dc=example"
bind on
""")
    start("slapd", "slapd", "-d", "0", "-f", str(here / "slapd.conf"), "-h",
          f"ldap://{SERVER}/ ldaps://{SERVER}/")
    return [(SERVER, 389), (SERVER, 636)]


class Page(http.server.BaseHTTPRequestHandler):
    """What is said counts, not what is known: any credentials will do."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        known = "Authorization" in self.headers or self.command == "POST"
        self.send_response(200 if known else 401)
        if not known:
            self.send_header("WWW-Authenticate", 'Basic realm="lab"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_):
        pass


def web():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_ciphers("DEFAULT@SECLEVEL=0")  # an old server: TLS 1.1 as well
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    for port in (80, 443):
        server = http.server.ThreadingHTTPServer((SERVER, port), Page)
        if port == 443:
            # The handshake in the connection's own thread, or one client holds up the others.
            server.socket = context.wrap_socket(server.socket, server_side=True,
                                                do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return [(SERVER, 80), (SERVER, 443)]


def pump(source, target, change):
    try:
        while data := source.recv(65536):
            target.sendall(change(data))
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one side has gone, and the other will see it


def middle(port, change_answer, first_passes, change_request=lambda data: data):
    """Passes `port` on to the server; answers are changed from the second connection on if the
    first passes."""
    listener = socket.create_server((MIDDLE, port))

    def serve():
        number = 0
        while True:
            client, _ = listener.accept()
            number += 1
            server = socket.create_connection((SERVER, port))
            honest = first_passes and number == 1
            keep = lambda data: data
            for source, target, change in ((server, client, change_answer),
                                           (client, server, change_request)):
                threading.Thread(target=pump, daemon=True,
                                 args=(source, target, keep if honest else change)).start()

    threading.Thread(target=serve, daemon=True).start()
    return (MIDDLE, port)


def middles():
    return [
        # The line is taken out; whoever asks all the same is not understood.
        middle(587, lambda data: data.replace(b"250-STARTTLS\r\n", b""), True,
               lambda data: data.replace(b"STARTTLS\r\n", b"XTARTTLS\r\n")),
        # The keyword is written over, which keeps the lengths.
        middle(25, lambda data: data.replace(b"250-STARTTLS\r\n", b"250-XXXXXXXX\r\n"), False),
        middle(143, lambda data: data.replace(b" STARTTLS", b""), True),
        middle(110, lambda data: data.replace(b"STLS\r\n", b""), True),
        middle(21, lambda data: data, False,
               lambda data: data.replace(b"AUTH TLS\r\n", b"XUTH TLS\r\n")
               .replace(b"AUTH SSL\r\n", b"XUTH SSL\r\n")),
    ]


def listens(place):
    with socket.socket() as probe:
        return probe.connect_ex(place) == 0


def main():
    os.umask(0o022)
    wait_for(lambda: any(name == "v1" for _, name in socket.if_nameindex()))
    for command in ("ip link set lo up", f"ip addr add {SERVER}/24 dev v1",
                    f"ip addr add {MIDDLE}/24 dev v1", "ip link set v1 mtu 1500 up"):
        subprocess.run(command.split(), check=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=mail.example", "-keyout", key, "-out", certificate],
                   check=True, stderr=subprocess.DEVNULL)
    places = dovecot() + postfix() + vsftpd() + slapd() + web()
    for place in places:
        wait_for(lambda: listens(place))
    middles()
    (here / "ready").touch()
    threading.Event().wait()


main()
