"""Kamailio as a provider: a registrar with passwords that forwards calls to the registered Contact, and a proxy that carries ours."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.waiting import eventually

__all__ = [
    "ALIAS",
    "NUMBER",
    "PASSWORD",
    "SUBSCRIBER",
    "USERNAME",
    "Provider",
    "kamailio",
    "provider",
    "running_kamailio",
]

NUMBER: Final = "15550100"
ALIAS: Final = "2000"
"""Dialled at the provider, it leads to ``NUMBER``, which only P-Called-Party-ID names."""
SUBSCRIBER: Final = "15550177"
"""A number of the provider's own."""
USERNAME: Final = "customer1"
PASSWORD: Final = "a secret of the provider"
_CONFIG: Final = """\
debug=2
log_stderror=yes
children=2
disable_tcp=yes
auto_aliases=no
listen=udp:{address}:{port}
alias="provider.example"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 60)

request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("REGISTER")) {{
        if ($aU != "{username}" || !pv_auth_check("{address}", "{password}", "0", "1")) {{
            auth_challenge("{address}", "1");
            exit;
        }}
        save("location");
        xlog("L_WARN", "registered $ct\\n");
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (has_totag()) {{
        xlog("L_WARN", "within a call: $rm\n");
        if (loose_route() || t_check_trans()) t_relay();
        else if (!is_method("ACK")) sl_send_reply("404", "Not here");
        exit;
    }}
    if (!is_method("INVITE")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
    record_route();
    if ($rU == "+{subscriber}") {{
        xlog("L_WARN", "carried: $rd|$route_uri|$fd|$hdr(P-Asserted-Identity)\n");
        loose_route();
        $ru = "{phone}";
        t_relay();
        exit;
    }}
    if ($rU == "{alias}") append_hf("P-Called-Party-ID: <sip:+{number}@provider.example>\r\n");
    $ru = "sip:{username}@{address}";
    if (!lookup("location")) {{ sl_send_reply("480", "Temporarily Unavailable"); exit; }}
    t_relay();
}}
"""


class Provider:
    """A running Kamailio."""

    def __init__(self, port: int, log: Path) -> None:
        self.host = f"{ADDRESS}:{port}"
        self._log = log

    @property
    def registrations(self) -> list[str]:
        """The Contacts of the accepted REGISTERs, in order."""
        lines = self._log.read_text(errors="replace").splitlines()
        return [line.partition("registered ")[2] for line in lines if "registered <" in line]

    def logged(self, beginning: str) -> list[str]:
        """Return what follows the beginning in the lines of the log that have it, in order."""
        lines = self._log.read_text(errors="replace").splitlines()
        return [line.partition(beginning)[2] for line in lines if beginning in line]


@contextmanager
def provider(directory: Path, phone: str = "sip:nowhere@127.0.0.1", port: int = 0) -> Iterator[Provider]:
    """Run Kamailio in the foreground until the block ends; ``phone`` is the URI of its subscriber."""
    port = port or free_port(ADDRESS)
    config, log = directory / "kamailio.cfg", directory / "kamailio.log"
    names = {"username": USERNAME, "password": PASSWORD, "number": NUMBER, "alias": ALIAS}
    config.write_text(_CONFIG.format(address=ADDRESS, port=port, subscriber=SUBSCRIBER, phone=phone, **names))
    with kamailio(config, log):
        yield Provider(port, log)


@contextmanager
def kamailio(config: Path, log: Path, *options: str) -> Iterator[None]:
    """Run Kamailio with a configuration in the foreground until the block ends."""
    command = [
        "kamailio",
        "-f",
        str(config),
        "-DD",
        "-E",
        "-Y",
        str(log.parent),
        "-m",
        "32",
        "-M",
        "4",
        *options,
    ]
    with running_kamailio(command, log):
        yield


@contextmanager
def running_kamailio(command: Sequence[str], log: Path) -> Iterator[None]:
    """Run a command that starts Kamailio in the foreground until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            eventually(
                lambda: "Listening" in log.read_text(errors="replace"), what=f"Kamailio starts; see {log}"
            )
            yield
        finally:
            process.terminate()
            process.wait()
