"""The text that the server prints at start: the demo's banner, and new secrets."""

from urllib.parse import quote

from mixminus.access.service import ADMIN_USERNAME
from mixminus.app.addresses import url_host
from mixminus.app.demo import Demo
from mixminus.app.server import Server
from mixminus.hosts import bracketed

__all__ = ["banner", "secrets_of"]


def banner(server: Server, demo: Demo) -> str:
    """Return the demo's banner, with commands to copy."""
    base = f"http://{url_host(server.http[0])}:{server.http[1]}"
    secure = f"https://{url_host(server.https[0])}:{server.https[1]}" if server.https else base
    api = f"{base}/v1.0"
    room = f"{api}/conferences/{demo.room_id}"
    phones = [f"sip:{name}@{bracketed(server.sip[0])}:{server.sip[1]}" for name in demo.names]
    token = f"token={quote(demo.access_key, safe='')}"
    return f"""
mixminus is running; Ctrl-C stops it.

  API         {api}
  Access key  {demo.access_key}   (shown once; the next start creates another)
  Login       {_login(server)}
  Console     {secure}/console   (log in with the access key)
  Demo room   {" or ".join(phones)}{_browser_phones(server)}
  Join page   {secure}/{demo.join_path}
              (a guest link to the demo room, valid for a week){_trust(server, secure)}

Try:

  1. Create a room, and list all rooms
     curl -s -X POST '{api}/conferences?{token}' -d '{{"type":"conference","name":"mine"}}'; echo
     curl -s '{api}/conferences?{token}'; echo

  2. Dial the demo room from a softphone, or open the join page in a browser
     baresip -e '/uanew <sip:me@localhost>;regint=0' -e '/dial {phones[0]}'

  3. Record the demo room for ten seconds
     R=$(curl -s -X POST '{room}/recording_start?{token}' | grep -o '"recording_id":"[^"]*' | cut -d'"' -f4)
     sleep 10; curl -s -X POST '{room}/recording_stop?{token}' -o /dev/null
     curl -sf --retry 5 --retry-all-errors "{api}/recordingfiles/$R?{token}" -o recording.wav; ls -l recording.wav

"""


def _browser_phones(server: Server) -> str:
    if not server.sip_wss_port:
        return ""
    return f"""
              from a phone in a browser (JsSIP, SIP.js) by wss://{bracketed(server.sip[0])}:{server.sip_wss_port}"""


def _trust(server: Server, secure: str) -> str:
    if not server.https:
        return ""
    return f"""
  Trust       {secure}/ca.pem   (install it as an authority, or accept the browser's warning once)"""


def secrets_of(server: Server) -> str:
    """Return a line for each secret created at this start; it cannot be shown again."""
    made = {f"password of {ADMIN_USERNAME}": server.new_password, "access key": server.new_key}
    return "".join(
        f"{name} (shown once; only its hash is kept): {secret}\n" for name, secret in made.items() if secret
    )


def _login(server: Server) -> str:
    if server.new_password:
        return f"{ADMIN_USERNAME}, password {server.new_password}   (shown once; only its hash is kept)"
    return f"{ADMIN_USERNAME}, with the password shown at the first start, or MIXMINUS_ADMIN_PASSWORD"
