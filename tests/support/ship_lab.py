"""Recordings to ship, `capstan ship` at work, and a network between it and a server that loses what a test wants lost."""
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

from serve_lab import run, wait_for

EPOCH = 1_700_000_000  # 2023-11-14 22:13:20 UTC: an hour and three quarters before midnight


def pcap(path, frames):
    """frames: (nanoseconds, bytes)."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for when, frame in frames:
            file.write(struct.pack("<IIII", when // 10**9, when % 10**9, len(frame), len(frame)))
            file.write(frame)


def tcp_frame(source, destination, source_port, destination_port, flags=0x18, payload=b"x" * 20):
    tcp = struct.pack(">HHIIBBHHH", source_port, destination_port, 1, 1, 0x50, flags, 512, 0, 0)
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0, source, destination)
    return mac(destination) + mac(source) + b"\x08\x00" + ip + tcp + payload


def mac(address):
    return b"\x02\x00" + struct.pack(">I", address)


def conversations(path, count, first_ns, step_ns=50_000, seed=1):
    """A recording of so many conversations, each of two packets: a SYN and its answer."""
    draw = random.Random(seed)

    def frames():
        now = first_ns
        for number in range(count):
            client = 0x0A000000 + draw.randrange(1 << 20)
            server = 0xC0A80000 + draw.randrange(1 << 10)
            port = draw.choice((80, 443, 25, 53, 8080))
            source_port = 20000 + number % 40000
            yield now, tcp_frame(client, server, source_port, port, 0x02, b"")
            yield now + 1000, tcp_frame(server, client, port, source_port, 0x12, b"y" * 10)
            now += step_ns
    pcap(path, frames())


def hurry(process):
    """Takes the idle priority from a ship that has just been started, which on a busy machine gets nothing done in a
    test's time; and that it has taken it upon itself is part of what is tested."""
    while process.poll() is None:
        try:
            if os.sched_getscheduler(process.pid) == os.SCHED_IDLE:
                os.sched_setscheduler(process.pid, os.SCHED_OTHER, os.sched_param(0))
                return
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(0.002)


def hurried(*words, patience=300):
    """The standard output of a command that is idle, or whose threads are, without being idle; a status other than 0 is an
    error."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        end = time.monotonic() + patience
        while True:
            try:
                for task in os.listdir(f"/proc/{process.pid}/task"):
                    if os.sched_getscheduler(int(task)) == os.SCHED_IDLE:
                        os.sched_setscheduler(int(task), os.SCHED_OTHER, os.sched_param(0))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                pass
            try:
                said, errors = process.communicate(timeout=0.02)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    process.kill()
                    raise
    assert process.returncode == 0, (words, process.returncode, errors)
    return said


def index_now(capstan, folder):
    """`capstan index`, whose threads are idle ones otherwise."""
    hurried(capstan, "index", "-q", folder)


class Shipping:
    """A running `capstan ship`."""

    def __init__(self, words, log):
        self.log_path = log
        with open(log, "ab") as file:
            self.process = subprocess.Popen(words, stdout=file, stderr=file)  # pylint: disable=consider-using-with
        hurry(self.process)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, patience=180):
        try:
            return self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("ship does not end\n" + self.log()) from None


class ShipLab:
    """A folder with recordings in data/; removed at the end, with what still runs."""

    def __init__(self, options):
        self.capstan, self.source = options.capstan, options.source
        self.folder = tempfile.mkdtemp(prefix="ship_lab_")
        self.data = os.path.join(self.folder, "data")
        os.mkdir(self.data)
        self.started = []
        self.state = os.path.join(self.folder, "state", "ship")
        os.mkdir(os.path.dirname(self.state))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.started:
            if one.process.poll() is None:
                one.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.data, name)

    def index(self):
        index_now(self.capstan, self.data)

    def truth(self):
        """What the indexes themselves say: name to conversations and packets."""
        said = json.loads(hurried(self.capstan, "index", "--check", "--json", self.data))
        return {os.path.basename(file["path"]): (file["conversations"], file["packets"]) for file in said["files"]}

    def words(self, to, *options, sensor="probe", state=None):
        return [self.capstan, "ship", self.data, "--to", to, "--sensor", sensor, "--state", state or self.state, *options]

    def ship(self, to, *options, **names):
        self.started.append(Shipping(self.words(to, *options, **names), os.path.join(self.folder, "ship.log")))
        return self.started[-1]

    def once(self, to, *options, status=0, **names):
        """Ships all there is; returns what it said."""
        with subprocess.Popen(self.words(to, "--once", *options, **names), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace") as process:
            hurry(process)
            try:
                said = process.communicate(timeout=300)[0]
            finally:
                process.kill()
        assert process.returncode == status, (process.returncode, said)
        return said


class LossyNetwork:
    """Forwards connections to a server; `fate` decides about each request that is an insert of rows, by its number from 0:

      "pass"     goes through
      "answer"   the server gets it whole, its answer is lost
      "half"     the server gets half of it, then the connection breaks
      "hold"     the server gets all but the last byte, and that one only after release(): the connection breaks for the
                 client, as when its packets are still on their way
    """

    def __init__(self, port, fate):
        self.server, self.fate, self.inserts = port, fate, 0
        self.lock = threading.Lock()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.held = []
        self.seen = []
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, database="capstan"):
        return f"clickhouse+http://127.0.0.1:{self.port}/{database}"

    def accept(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    @staticmethod
    def request(client, kept):
        """The next request as bytes; b"" at the end."""
        data = kept
        while b"\r\n\r\n" not in data:
            piece = client.recv(1 << 16)
            if not piece:
                return b"", b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        size = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        while len(body) < size:
            piece = client.recv(1 << 16)
            if not piece:
                return b"", b""
            body += piece
        return head + b"\r\n\r\n" + body[:size], body[size:]

    def serve(self, client):
        try:
            with client, socket.create_connection(("127.0.0.1", self.server)) as server:
                kept = b""
                while True:
                    data, kept = self.request(client, kept)
                    if not data:
                        return
                    if not self.pass_on(data, client, server):
                        return
        except OSError:
            return

    def pass_on(self, data, client, server):
        first = data[:data.index(b"\r\n")]
        fate = "pass"
        if b"INSERT" in first and b"sensors" not in first:
            with self.lock:
                fate = self.fate(self.inserts)
                self.inserts += 1
                self.seen.append(fate)
        if fate == "half":
            server.sendall(data[:len(data) // 2])
            return False
        if fate == "hold":
            server.sendall(data[:-1])
            self.held.append((server.dup(), data[-1:]))
            return False
        server.sendall(data)
        whole, answer = b"", server.recv(1 << 16)
        if fate == "answer":
            return False
        while answer:
            client.sendall(answer)
            whole += answer
            head, _, body = whole.partition(b"\r\n\r\n")
            if self.complete(head, body):
                return b"connection: close" not in head.lower()
            answer = server.recv(1 << 16)
        return False

    @staticmethod
    def complete(head, body):
        low = head.lower()
        if b"transfer-encoding: chunked" in low:
            return body.endswith(b"0\r\n\r\n")
        for line in low.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return len(body) >= int(line.split(b":")[1])
        return False

    def release(self):
        for server, rest in self.held:
            try:
                server.sendall(rest)
            except OSError:
                pass
        self.held = []

    def close(self):
        self.listening.close()


__all__ = ["EPOCH", "LossyNetwork", "ShipLab", "Shipping", "conversations", "hurried", "pcap", "tcp_frame", "run", "wait_for"]
