"""A fleet for tests: sensors in network namespaces, each with recordings and a `capstan serve`, a certificate authority
and a ClickHouse server. Nothing of it outlives the process: it runs in namespaces of its own."""
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import ssl
import struct
import subprocess
import sys
import tempfile
import threading

import serve_lab
from serve_lab import run, wait_for


def enter_namespaces(mark):
    """Goes on in namespaces of its own: network, mounts and processes. Root alone can."""
    if os.geteuid() != 0:
        print("needs root to make network namespaces")
        sys.exit(77)
    if os.environ.get(mark) != "inside":
        os.environ[mark] = "inside"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
                              sys.executable, "-B", *sys.argv])
    for name in ("default", "all"):
        with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as file:
            file.write("1")
    run("ip", "link", "set", "lo", "up")


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name="ca"):
        self.folder, self.name = folder, name
        self.path = os.path.join(folder, name + ".pem")
        self.key = os.path.join(folder, name + ".key")
        self._openssl("req", "-x509", *self._new_key(self.key), "-days", "30", "-subj", f"/CN={name}", "-out", self.path)

    @staticmethod
    def _new_key(path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]

    def _openssl(self, *words, **options):
        run("openssl", *words, cwd=self.folder, **options)

    def issue(self, name, names="", days=10, when=None):
        """Paths of a certificate and its key. `when`: as libfaketime takes it, "-20d"."""
        base = os.path.join(self.folder, name)
        self._openssl("req", *self._new_key(base + ".key"), "-subj", f"/CN={name}", "-out", base + ".csr")
        with open(base + ".names", "w") as file:
            file.write(f"subjectAltName={names}\n" if names else "basicConstraints=CA:FALSE\n")
        self._openssl("x509", "-req", "-in", base + ".csr", "-CA", self.path, "-CAkey", self.key, "-CAcreateserial", "-days",
                      str(days), "-extfile", base + ".names", "-out", base + ".pem", env=at_time(when))
        return base + ".pem", base + ".key"


def at_time(when):
    """The environment of a process whose clock is off by that."""
    if when is None:
        return dict(os.environ)
    library = run("sh", "-c", "ls /usr/lib/*/faketime/libfaketime.so.1").decode().strip()
    return dict(os.environ, LD_PRELOAD=library, FAKETIME=when, FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1")


class Sensor:
    """A network namespace with a link to us, and a pair of links of its own on which something is recorded."""

    def __init__(self, lab, number, name):
        self.lab, self.name, self.host, self.address = lab, name, f"sensor{number}", f"10.77.{number}.2"
        self.data = os.path.join(lab.folder, name)
        os.mkdir(self.data)
        self.server = None
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        wait_for("a namespace", lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != os.readlink("/proc/self/ns/net"))
        run("ip", "link", "add", f"to{number}", "type", "veth", "peer", "name", "up0", "netns", str(self.holder.pid))
        run("ip", "address", "add", f"10.77.{number}.1/24", "dev", f"to{number}")
        run("ip", "link", "set", f"to{number}", "up")
        self.run("sh", "-ec", f"""
          echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
          ip address add {self.address}/24 dev up0
          ip link add wire0 type veth peer name wire1
          for name in lo up0 wire0 wire1; do ip link set $name up; done""")

    def words(self, *words):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--", *words]

    def run(self, *words, **options):
        return run(*self.words(*words), **options)

    def record(self, name, *captures, options=()):
        """Records what is replayed, into files of a series; each with an index."""
        process = subprocess.Popen(self.words(self.lab.capstan, "record", "-i", "wire1", "-w",
                                              os.path.join(self.data, name + ".pcapng"), "-B", "16", "--index",
                                              "--status-socket", "none", *options),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True)
        reader.start()
        wait_for("the recorder listens", lambda: any("recording" in line or "listening" in line for line in lines)
                 or process.poll() is not None)
        assert process.poll() is None, lines
        for capture in captures:
            self.run("tcpreplay", "-q", "-i", "wire0", "--pps", "4000", capture)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0, lines
        reader.join()

    def files(self):
        return sorted(os.path.join(self.data, name) for name in os.listdir(self.data) if name.endswith((".pcapng", ".pcap")))

    def serve(self, when=None, options=()):
        """Its server, with a certificate of its own, for clients that have one of the authority."""
        certificate, key = self.lab.authority.issue(self.host, f"DNS:{self.host},IP:{self.address}")
        log = open(os.path.join(self.lab.folder, self.name + ".log"), "w")
        self.server = subprocess.Popen(self.words(self.lab.capstan, "serve", self.data, "--listen", f"{self.address}:9118",
                                                  "--tls-cert", certificate, "--tls-key", key, "--client-ca",
                                                  self.lab.authority.path, "--access-log",
                                                  os.path.join(self.lab.folder, self.name + ".access"), *options),
                                       stdout=log, stderr=subprocess.STDOUT, env=at_time(when))
        wait_for("the server listens", lambda: self.listens() or self.server.poll() is not None)
        assert self.server.poll() is None, open(log.name).read()

    def listens(self):
        try:
            connection = http.client.HTTPSConnection(self.address, 9118, context=self.lab.client(), timeout=10)
            connection.request("GET", "/api/v1/about")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self):
        if self.server is not None:
            self.server.kill()
            self.server.wait()
            self.server = None

    def close(self):
        self.stop()
        self.holder.kill()
        self.holder.wait()

    def url(self):
        return f"https://{self.address}:9118"


class Lab:
    """Sensors, and what asks them. Used as a context."""

    links = 0

    def __init__(self, options):
        self.capstan, self.source = options.capstan, options.source
        self.folder = tempfile.mkdtemp(prefix="fleet_lab_")
        self.authority = Authority(self.folder)
        self.own = self.authority.issue("analyst")
        self.sensors, self.others = [], []
        self.database = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sensor in self.sensors:
            sensor.close()
        for other in self.others:
            other()
        if self.database is not None:
            self.database.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self):
        context = ssl.create_default_context(cafile=self.authority.path)
        context.load_cert_chain(*self.own)
        return context

    def add_sensors(self, *names):
        for name in names:
            Lab.links += 1  # one that goes stays for a moment
            self.sensors.append(Sensor(self, Lab.links, name))
        return self.sensors

    def start_database(self):
        """With the tables in it, and the rows of every sensor."""
        import clickhouse_lab  # pylint: disable=import-outside-toplevel  # who asks no database needs none
        self.database = clickhouse_lab.ClickHouse(self.folder)
        run(self.capstan, "ship", "--create-schema", "--to", self.database.url())
        for sensor in self.sensors:
            self.ship(sensor)

    def ship(self, sensor):
        # At idle priority: on a busy machine it takes its time.
        subprocess.run([self.capstan, "ship", sensor.data, "--to", self.database.url(), "--sensor", sensor.name, "--once",
                        "--state", os.path.join(self.folder, sensor.host + ".state")], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=900)

    def restart_database(self):
        self.database.kill()
        self.database.start()

    def file(self, name="fleet.toml", sensors=None, more=(), database=True, own=None, limits="", user=""):
        """Writes a fleet's file. `more`: further sensors, (name, url)."""
        certificate, key = own or self.own
        text = f'[tls]\nca = "{self.authority.path}"\ncertificate = "{certificate}"\nkey = "{key}"\n{limits}\n'
        if database and self.database is not None:
            text += f'[database]\nurl = "http://127.0.0.1:{self.database.http}"\n{user}\n'
        for sensor in self.sensors if sensors is None else sensors:
            text += f'[[sensor]]\nname = {json.dumps(sensor.name)}\nurl = "{sensor.url()}"\n'
        for label, url in more:
            text += f'[[sensor]]\nname = "{label}"\nurl = "{url}"\n'
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def query(self, *words, status=0):
        """What a command of capstan says on standard error; its status is checked."""
        done = subprocess.run([self.capstan, "query", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300,
                              env=dict(os.environ, TMPDIR=self.folder))
        said = done.stderr.decode()
        assert done.returncode == status, (words, done.returncode, said)
        return Said(done.stdout, said)


class Said:
    def __init__(self, output, said):
        self.output, self.said = output, said

    def line(self, start):
        """The line that begins so."""
        found = [line for line in self.said.splitlines() if line.startswith(start)]
        assert len(found) == 1, (start, self.said)
        return found[0]


def dumped(*paths, expression="", data=None):
    """The packets of files as tcpdump takes them: microseconds and bytes, in order of both."""
    packets = []
    for path in paths or ("-",):
        words = ["tcpdump", "-nn", "-tt", "-xx", "-r", path] + ([expression] if expression else [])
        text = subprocess.run(words, input=data, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=120).stdout.decode("latin-1")
        for line in text.split("\n"):
            hexadecimal = re.match(r"\t0x[0-9a-f]{4}: ([ 0-9a-f]*)", line)
            if hexadecimal:
                packets[-1] += hexadecimal[1]
            elif re.match(r"\d{10}\.\d{6} ", line):
                packets.append(line[:17])
    return sorted(packets)


class Misbehaving:
    """A server that answers every request by a function of the handler."""

    def __init__(self, lab, answer, context=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # pylint: disable=invalid-name
                answer(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who asks may go away
        self.scheme = "http" if context is None else "https"
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        lab.others.append(self.server.shutdown)

    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}"


def some_captures(source):
    """Captures of the tree that a link can carry."""
    return [path for path in serve_lab.ethernet_captures(source) if os.path.getsize(path) < 2_000_000]


def recorded(options, names):
    """A lab whose sensors have recorded a part of the tree's captures each, in files of 300 packets, and serve them."""
    lab = Lab(options)
    try:
        captures = some_captures(options.source)
        for number, sensor in enumerate(lab.add_sensors(*names)):
            sensor.record("wire", *captures[number::len(names)], options=("-b", "packets:300"))
            sensor.serve()
    except BaseException:
        lab.__exit__()
        raise
    return lab


def all_files(lab):
    return [path for sensor in lab.sensors for path in sensor.files()]


def comment_of(path):
    return subprocess.run(["capinfos", "-k", path], check=True, stdout=subprocess.PIPE, timeout=60).stdout.decode()


def made_packets(count, size, times=None):
    """A pcapng of that many packets of these bytes each. `times`: of each, in nanoseconds, whole microseconds."""
    head = struct.pack("<IIIHHqI", 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28) + struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)
    ticks = [(390625 << 32) + number for number in range(count)] if times is None else [time // 1000 for time in times]
    blocks = [struct.pack("<IIIIIII", 6, size + 32, 0, tick >> 32, tick & 0xffffffff, size, size) + bytes(size)
              + struct.pack("<I", size + 32) for tick in ticks]
    return head + b"".join(blocks)


def says(body, kind="text/html"):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
    return answer


def says_it_is_whole(body, packets):
    """An answer with the trailers of a sensor that lost nothing."""
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/x-pcapng")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n" % len(body) + body + b"\r\n0\r\n"
                            + f"Capstan-Complete: yes\r\nCapstan-Packets: {packets}\r\nCapstan-Lost: 0\r\n\r\n".encode())
    return answer
