"""A ClickHouse server of a test's own: Debian's clickhouse-server with a configuration, data and ports in a folder that
goes with it. Never the machine's service. Used by whatever asks or fills tables: tests of ship, query --fleet and the
dashboards.

  with ClickHouse(folder) as server:
      server.ask("SELECT 1")            # text
      server.kill(); server.start()     # with SIGKILL
"""
import base64
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse

USER, PASSWORD = "fleet", "s3cret of the fleet"

CONFIG = """<?xml version="1.0"?>
<yandex>
  <logger><level>{level}</level><log>{folder}/server.log</log><errorlog>{folder}/error.log</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http}</http_port>
  <tcp_port>{tcp}</tcp_port>
{tls}
  <path>{folder}/data/</path>
  <tmp_path>{folder}/tmp/</tmp_path>
  <users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>268435456</mark_cache_size>
  <timezone>{timezone}</timezone>
  <max_connections>200</max_connections>
  <keep_alive_timeout>3</keep_alive_timeout>
</yandex>
"""
TLS = """  <https_port>{https}</https_port>
  <openSSL><server>
    <certificateFile>{certificate}</certificateFile><privateKeyFile>{key}</privateKeyFile>
    <verificationMode>none</verificationMode><loadDefaultCAFile>true</loadDefaultCAFile>
    <cacheSessions>true</cacheSessions><disableProtocols>sslv2,sslv3</disableProtocols>
  </server></openSSL>"""
USERS = """<?xml version="1.0"?>
<yandex>
  <profiles><default><max_memory_usage>4000000000</max_memory_usage>{profile}</default></profiles>
  <users>
    <default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
    <fleet><password>{password}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
      <quota>default</quota></fleet>
  </users>
  <quotas><default></default></quotas>
</yandex>
"""


def missing():
    """Why no server can be started here; None: it can."""
    return None if shutil.which("clickhouse-server") else "clickhouse-server is not installed"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Refused(Exception):
    """The server answered with an error."""


class ClickHouse:
    """A running server; its folder and data are removed by who made the folder."""

    def __init__(self, folder, tls=None, timezone="UTC", level="warning", profile=""):
        self.folder = os.path.join(folder, "clickhouse")
        for name in ("data", "tmp"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        self.http, self.tcp, self.https = free_port(), free_port(), free_port()
        self.process = None
        extra = "" if tls is None else TLS.format(https=self.https, certificate=tls[0], key=tls[1])
        self.write("config.xml", CONFIG.format(folder=self.folder, http=self.http, tcp=self.tcp, tls=extra,
                                               timezone=timezone, level=level))
        self.write("users.xml", USERS.format(password=PASSWORD, profile=profile))
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        assert self.process is None
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(["clickhouse-server", f"--config-file={self.folder}/config.xml"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
        self.wait()

    def wait(self, patience=60):
        """Until it answers: a guard against hanging, not a measurement."""
        end = time.monotonic() + patience
        while True:
            try:
                if self.ask("SELECT 1") == "1\n":
                    return
            except (OSError, http.client.HTTPException):
                pass
            assert self.process.poll() is None, self.error_log()
            assert time.monotonic() < end, "clickhouse-server does not answer\n" + self.error_log()
            time.sleep(0.05)

    def error_log(self):
        try:
            with open(os.path.join(self.folder, "error.log"), encoding="utf-8", errors="replace") as file:
                return file.read()[-3000:]
        except OSError:
            return "(no log)"

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """As a crash ends it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def ask(self, sql, timeout=120, user=None, password=None, **settings):
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=timeout)
        headers = {}
        if user is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        body = sql if isinstance(sql, bytes) else sql.encode()
        try:
            connection.request("POST", "/?" + urllib.parse.urlencode(settings), body=body, headers=headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "surrogateescape")
        finally:
            connection.close()
        if response.status != 200:
            raise Refused(text)
        return text

    def number(self, sql):
        return int(self.ask(sql))

    def rows(self, sql):
        """Of TabSeparated, as lists of strings."""
        return [line.split("\t") for line in self.ask(sql + " FORMAT TabSeparated").splitlines()]

    def url(self, database="capstan"):
        return f"clickhouse+http://127.0.0.1:{self.http}/{database}"

    def secure_url(self, database="capstan", host="localhost"):
        return f"clickhouse+https://{host}:{self.https}/{database}"
