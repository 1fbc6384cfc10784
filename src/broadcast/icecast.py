"""IcecastSource: sends a room's mix to an Icecast server, and comes back when the connection is lost.

    port that only hears -> OggOpus -> pages that wait (bounded) -> HTTP PUT, without end

One loop reads the port always, another connects, again and again; what is heard meanwhile is left out. The request
expects ``100 Continue``, with which Icecast accepts a source: only then is audio sent. Icecast adds 200 at
once, and takes audio until either end closes the connection. The request has a ``Content-Length`` that it never
reaches, because Icecast before 2.5 takes the framing of chunks for audio.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from aiohttp import ClientConnectorError, ClientError, ClientSSLError, ClientTimeout, encode_basic_auth, hdrs
from yarl import URL

from mixminus.broadcast.ogg import MEDIA_TYPE, OPUS, OggOpus
from mixminus.clock import Clock
from mixminus.delivery.outgoing import LazySession, TargetRefused
from mixminus.errors import InvalidArgument, Unavailable
from mixminus.failures import Failures
from mixminus.log import task_failed
from mixminus.mixer import EncodedPort
from mixminus.model.broadcast import BroadcastEvent, IcecastTarget
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["IcecastSource", "Outflow", "headers_of", "mount_url"]

MAX_FAILURES: Final = 20
"""One after another; with their pauses some eight minutes."""
FIRST_PAUSE_S: Final = 1.0
MAX_PAUSE_S: Final = 30.0
STEADY_S: Final = 30.0
MAX_WAITING: Final = 50
"""Pages, thus ten seconds."""
DEFAULT_PORT: Final = 8000
"""Of ``icecast``; those of ``http`` and ``https`` are as everywhere."""
SCHEMES: Final = frozenset({"http", "https", "icecast"})
_ANSWER_S: Final = 15.0
_PERIOD_S: Final = 0.05
_ENDLESS_BYTES: Final = 1 << 62
_TIMEOUT: Final = ClientTimeout(total=None, sock_connect=10, sock_read=None)
# 403 is a mount that has a source, such as the connection that has just been lost.
_TEMPORARY: Final = frozenset(
    {
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)

Changed = Callable[[BroadcastEvent, str], Awaitable[None]]


def mount_url(url: str) -> str:
    """Return the URL of a mount as ``http`` or ``https``; raise InvalidArgument if it is none."""
    try:
        parsed = URL(url)
        valid = parsed.scheme in SCHEMES and bool(parsed.host)
    except ValueError:
        valid = False
    if not valid:
        raise InvalidArgument("url: must be http, https or icecast, as http://radio.example:8000/room.opus")
    if parsed.user is not None or parsed.password is not None:
        raise InvalidArgument("url: must not have user and password, which have fields of their own")
    if parsed.path in ("", "/") or parsed.query_string or parsed.fragment:
        raise InvalidArgument("url: must name a mount, as http://radio.example:8000/room.opus")
    if parsed.scheme == "icecast":
        port = parsed.explicit_port or DEFAULT_PORT
        parsed = parsed.with_scheme("http").with_port(port)
    return str(parsed)


class Outflow:
    """What one connection is still to send: whole pages, of which a bounded number waits."""

    def __init__(self, counters: Counter[str], max_waiting: int = MAX_WAITING) -> None:
        self.full: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when there was no room for a page: the server is too slow, and this connection of no use."""
        self._counters = counters
        self._max_waiting = max_waiting
        self._ogg = OggOpus()
        self._pages: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self._accepted = False

    def put(self, packets: list[bytes]) -> None:
        """Add packets; those before the server accepts the source are left out."""
        pages = self._ogg.feed(packets) if self._accepted and not self.full.done() else b""
        if not pages:
            return
        if len(self._pages) == self._max_waiting:
            self._counters["broadcasts.icecast_dropped"] += len(self._pages) + 1
            self._pages.clear()
            self.full.set_result(None)
            return
        self._pages.append(pages)
        self._filled.set()

    async def pages(self, accepted: Callable[[], Awaitable[None]]) -> AsyncIterator[bytes]:
        """Yield without end; called for the first time when the server accepts the source."""
        self._accepted = True
        await accepted()
        while True:
            while self._pages:
                yield self._pages.popleft()
            self._filled.clear()
            await self._filled.wait()

    def close(self) -> None:
        """Release the stream."""
        self._ogg.close()


class IcecastSource:
    """One source client of one broadcast."""

    def __init__(
        self,
        session: LazySession,
        clock: Clock,
        target: IcecastTarget,
        counters: Counter[str],
        changed: Changed,
    ) -> None:
        """``changed`` is called when the server has begun to take the audio, and when that was lost."""
        self._session = session
        self._clock = clock
        self._target = target
        self._counters = counters
        self._changed = changed
        self._outflow: Outflow | None = None

    async def run(self, port: EncodedPort) -> None:
        """Send until cancelled.

        Raises InvalidArgument if the server refuses for good, Unavailable after too many failures.
        """
        scope = TaskScope(task_failed("broadcast"))
        reading = scope.spawn("icecast port", self._read(port))
        try:
            with suppress(Interrupted):
                await unless([reading], self._connect_again_and_again())
            reading.result()
        finally:
            await scope.close()

    async def _read(self, port: EncodedPort) -> None:
        while True:
            packets = port.read()
            if self._outflow is not None:
                self._outflow.put(packets)
            await self._clock.sleep(_PERIOD_S)

    async def _connect_again_and_again(self) -> None:
        failures = Failures(
            limit=MAX_FAILURES, first_pause_s=FIRST_PAUSE_S, max_pause_s=MAX_PAUSE_S, steady_s=STEADY_S
        )
        while True:
            began_s = self._clock.monotonic_s()
            try:
                await self._connect()
            except Unavailable as exc:
                self._counters["broadcasts.icecast_lost"] += 1
                pause_s = failures.pause_s(str(exc), lasted_s=self._clock.monotonic_s() - began_s)
                await self._changed(BroadcastEvent.LOST, str(exc))
            await self._clock.sleep(pause_s)

    async def _connect(self) -> None:
        """Connect, and send until that fails: raise Unavailable if another attempt may succeed, else InvalidArgument."""
        self._outflow = outflow = Outflow(self._counters)
        try:
            async with asyncio.timeout(_ANSWER_S) as limit:

                async def accepted() -> None:
                    limit.reschedule(None)
                    await self._changed(BroadcastEvent.BEGUN, "")

                status = await unless([outflow.full], self._request(outflow.pages(accepted)))
        except TimeoutError as exc:
            raise Unavailable("the Icecast server does not answer") from exc
        except Interrupted as exc:
            raise Unavailable("the Icecast server took no audio for ten seconds") from exc
        finally:
            self._outflow = None
            outflow.close()
        raise _refusal(status)

    async def _request(self, body: AsyncIterator[bytes]) -> int:
        """Return the status once the server takes no audio any more: with 200, which comes early, when it closes."""
        try:
            async with self._session.get().put(
                self._target.url,
                data=body,
                headers=headers_of(self._target),
                timeout=_TIMEOUT,
                expect100=True,
                allow_redirects=False,
            ) as response:
                async for _ in response.content.iter_any():
                    pass
                return response.status
        except ClientSSLError as exc:
            raise Unavailable(
                "TLS with the Icecast server failed: check that its certificate is valid"
            ) from exc
        except ClientConnectorError as exc:
            if isinstance(exc.os_error, TargetRefused):
                raise InvalidArgument("url: leads to a private address, which is refused") from exc
            raise Unavailable("the Icecast server cannot be reached: check url, and that it runs") from exc
        except (ClientError, OSError, ValueError) as exc:
            raise Unavailable("the Icecast server closed the connection") from exc


def headers_of(target: IcecastTarget) -> dict[str, str]:
    """Return the headers of a source client, with the password."""
    headers = {
        hdrs.AUTHORIZATION: encode_basic_auth(target.user, target.password),
        hdrs.CONTENT_TYPE: MEDIA_TYPE,
        hdrs.CONTENT_LENGTH: str(_ENDLESS_BYTES),
        "Ice-Public": "0",
        "Ice-Audio-Info": f"ice-samplerate={OPUS.sample_rate_hz};ice-channels=1",
    }
    if target.name:
        headers["Ice-Name"] = target.name
    if target.description:
        headers["Ice-Description"] = target.description
    return headers


def _refusal(status: int) -> InvalidArgument | Unavailable:
    if status == HTTPStatus.OK:
        return Unavailable("the Icecast server ended the stream")
    if status == HTTPStatus.UNAUTHORIZED:
        return InvalidArgument("the Icecast server refuses user and password (401): check both")
    if status == HTTPStatus.FORBIDDEN:
        return Unavailable("the Icecast server refuses a source now (403): the mount may be in use")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TEMPORARY:
        return Unavailable(f"the Icecast server answers {status}")
    return InvalidArgument(f"the Icecast server answers {status}: check url, which must name a mount")
