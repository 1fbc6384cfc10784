"""Icecast, Debian's package, on loopback, with or without TLS; it can be killed and started again at the same port."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.support.ports import free_port
from tests.support.waiting import eventually

__all__ = ["PASSWORD", "Icecast", "icecast"]

PASSWORD: Final = "the password of sources"
# It refuses to run as root, and gives root up once it listens; where it is not started as root, it ignores the user.
_CONFIG: Final = """\
<icecast>
  <hostname>localhost</hostname>
  <limits><clients>20</clients><sources>4</sources><queue-size>524288</queue-size><burst-size>0</burst-size></limits>
  <authentication>
    <source-password>{password}</source-password>
    <admin-user>admin</admin-user><admin-password>{password}</admin-password>
  </authentication>
  <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address>{ssl}</listen-socket>
  <paths>
    <basedir>/usr/share/icecast2</basedir><logdir>{directory}</logdir>
    <webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>{certificate}
  </paths>
  <logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>3</loglevel></logging>
  <security><chroot>0</chroot><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>
</icecast>
"""


class Icecast:
    """A server that runs until it is killed."""

    def __init__(self, directory: Path, certificate: str) -> None:
        pem = directory / "certificate.pem"
        pem.write_text(certificate)
        self._port = free_port()
        self._scheme = "https" if certificate else "http"
        self._config, self._log = directory / "icecast.xml", directory / "icecast.log"
        self._config.write_text(
            _CONFIG.format(
                password=PASSWORD,
                port=self._port,
                directory=directory,
                ssl="<ssl>1</ssl>" if certificate else "",
                certificate=f"<ssl-certificate>{pem}</ssl-certificate>" if certificate else "",
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, mount: str) -> str:
        return f"{self._scheme}://127.0.0.1:{self._port}{mount}"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                ["icecast2", "-c", str(self._config)], stdout=output, stderr=subprocess.STDOUT
            )
        eventually(self._answers, what=f"Icecast starts; see {self._log}")

    def kill(self) -> None:
        """Kill it without warning; killing twice is harmless."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=5):
                return True
        except OSError:
            return False


@contextmanager
def icecast(certificate: str = "") -> Iterator[Icecast]:
    """Run Icecast until the block ends; with a certificate and its key, as PEM, it serves HTTPS."""
    with TemporaryDirectory(prefix="icecast") as directory:
        Path(directory).chmod(0o755)  # it reads the certificate without the rights of root
        server = Icecast(Path(directory), certificate)
        server.start()
        try:
            yield server
        finally:
            server.kill()
