"""The demo's banner: what a person needs to hear themselves in a room within a minute."""

from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["Demo", "banner", "http_base"]


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo room is, and the key to it."""

    http: tuple[str, int]
    sip: tuple[str, int]
    room_id: str
    names: tuple[str, ...]
    """What a phone can dial, best first."""
    access_key: str


def http_base(host: str, port: int) -> str:
    """Return the URL of a listener, as a person on this machine can open it."""
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def banner(demo: Demo) -> str:
    """Return the text, commands ready to paste."""
    base = http_base(*demo.http)
    api = f"{base}/v1.0"
    room = f"{api}/conferences/{demo.room_id}"
    sip = [f"sip:{name}@{demo.sip[0]}:{demo.sip[1]}" for name in demo.names]
    token = f"token={quote(demo.access_key, safe='')}"
    return f"""
mixminus is running. Ctrl-C stops it.

  API         {api}
  Access key  {demo.access_key}   (shown this once; only its hash is kept)
  Demo room   {" or ".join(sip)}
  Join page   {base}/join#room={demo.room_id}&key={quote(demo.access_key, safe="")}

Try:

  1. Make a room of your own
     curl -s -X POST '{api}/conferences?{token}' -d '{{"type":"conference","name":"mine"}}'

  2. Dial the demo room from a phone (any softphone does; the Join page is one, too)
     baresip -e '/dial {sip[0]}'

  3. Record it for ten seconds, then fetch the file
     R=$(curl -s -X POST '{room}/recording_start?{token}' | python3 -c 'import json,sys; print(json.load(sys.stdin)["recording_id"])')
     sleep 10; curl -s -X POST '{room}/recording_stop?{token}' >/dev/null
     curl -s --retry 5 --retry-all-errors -f -o recording.wav "{api}/recordingfiles/$R?{token}" && ls -l recording.wav

"""
