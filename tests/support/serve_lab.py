"""A `capstan serve` for tests: its directory of recordings, the server, and requests to it."""
import argparse
import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse

CAPTURES = ("core", "mail", "logins")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--capstan", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("only", nargs="*", help="names of tests")
    return parser.parse_args()


def run(*words, **options):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **options).stdout


def wait_for(what, condition, patience=60):
    """A guard against hanging, not a measurement."""
    end = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.02)


def ethernet_captures(source):
    """Sound captures of the tree that hold Ethernet alone, so that one filter means one thing in all."""
    found = []
    for folder in CAPTURES:
        top = os.path.join(source, "tests/data/captures", folder)
        for name in sorted(os.listdir(top)):
            path = os.path.join(top, name)
            if not name.endswith((".pcap", ".pcapng")):
                continue
            said = subprocess.run(["tcpdump", "-r", path, "-c", "1", "-w", "/dev/stdout"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=60)
            # libpcap refuses a file whose interfaces differ in snap length.
            good = b"link-type EN10MB" in said.stderr and b"snapshot length 262144" in said.stderr
            if said.returncode == 0 and good and len(said.stdout) > 24:
                found.append(path)
    assert len(found) >= 5, found
    return found


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    def json(self):
        return json.loads(self.body)


class Server:
    """A running server. Ended by close(), which also tells how it ended."""

    def __init__(self, capstan, *directories, options=(), tls=None):
        self.log = tempfile.NamedTemporaryFile(prefix="serve_log_", delete=False)
        self.process = subprocess.Popen([capstan, "serve", *directories, "--listen", "127.0.0.1:0", "--access-log",
                                         self.log.name, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        match = re.search(r"on (https?)://127\.0\.0\.1:(\d+)/", first)
        if match is None:
            raise AssertionError(f"it did not start: {first}{self.process.stderr.read()}")
        self.port, self.tls, self.token = int(match[2]), tls, None
        if "--token-file" not in options and "--client-ca" not in options:
            self.token = re.search(r"token=([0-9a-f]+)", self.process.stdout.readline())[1]
            self.process.stdout.readline()

    def connection(self, timeout=60):
        if self.tls is not None:
            return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def head(self, headers=None):
        all_of = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        all_of.update(headers or {})
        return {name: value for name, value in all_of.items() if value is not None}

    def ask(self, target, headers=None, method="GET", body=None, **parameters):
        if parameters:
            target += "?" + urllib.parse.urlencode({n: v for n, v in parameters.items() if v is not None})
        connection = self.connection()
        connection.putrequest(method, target, skip_accept_encoding=True, skip_host="Host" in (headers or {}))
        for name, value in self.head(headers).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        answer = Answer(response, b"" if method == "HEAD" else response.read())
        connection.close()
        return answer

    def get(self, path, **parameters):
        answer = self.ask("/api/v1/" + path, **{n.rstrip("_"): v for n, v in parameters.items()})
        assert answer.status == 200, (path, parameters, answer.status, answer.body[:300])
        return answer.json()

    def raw(self, data=b"", receive_buffer=None):
        """A connection of bytes."""
        plain = socket.socket()
        if receive_buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(60)
        plain.connect(("127.0.0.1", self.port))
        plain.sendall(data)
        return plain

    def raw_status(self, data):
        """The status that these bytes get; None: the connection was closed without one."""
        with self.raw(data) as plain:
            try:
                first = plain.makefile("rb").readline()
            except ConnectionResetError:
                return None
        match = re.match(rb"HTTP/1\.1 (\d+)", first)
        return int(match[1]) if match else None

    def lines(self):
        with open(self.log.name) as file:
            return [json.loads(line) for line in file]

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s*(\d+)", file.read())[1])

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            _, errors = self.process.communicate(timeout=60)
        finally:
            self.process.kill()
            os.unlink(self.log.name)
        assert self.process.returncode == 0, (self.process.returncode, errors)
        return errors


class Lab:
    """A directory with recordings below it; removed at the end."""

    def __init__(self, options):
        self.capstan, self.source = options.capstan, options.source
        self.folder = tempfile.mkdtemp(prefix="serve_lab_")
        self.data = os.path.join(self.folder, "data")
        self.servers = []
        os.mkdir(self.data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:  # of a test that failed
            server.process.kill()
            server.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self, index_some=True):
        captures = ethernet_captures(self.source)
        for path in captures:
            shutil.copy(path, self.data)
        names = sorted(os.listdir(self.data))
        if index_some:
            for name in names[::2]:
                run(self.capstan, "index", os.path.join(self.data, name))
        return [os.path.join(self.data, name) for name in names]

    def serve(self, *options, tls=None):
        self.servers.append(Server(self.capstan, self.data, options=options, tls=tls))
        return self.servers[-1]


def tls_context(authority, certificate=None):
    context = ssl.create_default_context(cafile=authority)
    if certificate is not None:
        context.load_cert_chain(*certificate)
    return context


def leave_the_machines_recorders():
    """A server looks through files while no recorder runs, and tells of those that do: other people's are hidden here.

    Root only; others see the machine's."""
    if os.geteuid() != 0:
        return
    new_mounts, recursive_private = 0x00020000, 0x4000 | 0x40000  # CLONE_NEWNS; MS_REC, MS_PRIVATE of mount(2)
    libc = ctypes.CDLL(None, use_errno=True)
    os.makedirs("/run/capstan", exist_ok=True)
    for what, status in (("unshare", libc.unshare(new_mounts)),
                         ("mount /", libc.mount(b"none", b"/", None, recursive_private, None)),
                         ("mount /run/capstan", libc.mount(b"none", b"/run/capstan", b"tmpfs", 0, b"mode=755"))):
        if status != 0:
            raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def main(tests, options):
    """Runs functions called test_*, each with the options. Exit status for ctest."""
    if shutil.which("tcpdump") is None:
        print("SKIPPED: there is no tcpdump here")
        return 77
    leave_the_machines_recorders()
    failed = []
    for test in tests:
        if options.only and test.__name__ not in options.only:
            continue
        try:
            test(options)
            print(f"passed: {test.__name__}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed.append(test.__name__)
            print(f"FAILED: {test.__name__}", flush=True)
            traceback.print_exc(file=sys.stdout)
    print(f"failed: {' '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0
