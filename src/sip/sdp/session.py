"""The descriptions that our side sends during one call (RFC 3264 section 8).

The server makes the first one and passes it to the worker, which sends it. Later
offers inside the dialog are answered by the worker, because pjsua2 wants the answer to
an UPDATE before its callback returns; the server learns of the result by MediaAgreed.
"""

from mixminus.model.media import MediaDirection
from mixminus.sip.sdp import dtls
from mixminus.sip.sdp.capabilities import configured
from mixminus.sip.sdp.description import MalformedSdp, parse, render
from mixminus.sip.sdp.negotiation import LocalEnd, make_answer, make_offer, redirected

__all__ = ["LocalSession"]


class LocalSession:
    """Each description is made once, and kept until it is sent; as text, which most calls never read again."""

    def __init__(self) -> None:
        self._local: LocalEnd | None = None
        self._held = False
        self._sent = ""
        self._pending = ""
        self._dtls: dtls.DtlsState | None = None

    @property
    def is_open(self) -> bool:
        """Whether the server has given our end of the media."""
        return self._local is not None

    @property
    def is_pending(self) -> bool:
        """Whether a description is made and not sent yet."""
        return bool(self._pending)

    def open(self, local: LocalEnd, description: str, *, held: bool = False) -> None:
        """Begin with the description that the server has made; ``held`` if it puts the phone on hold."""
        self._local = local
        self._held = held
        self._pending = description

    def answer(self, offer: str) -> None:
        """Answer an offer inside the dialog; raise MalformedSdp or NotAcceptable."""
        sent = parse(self._sent) if self._sent else None
        answer = make_answer(self._end(), parse(offer), sent, self._dtls)
        self._pending = render(redirected(answer, MediaDirection.SENDONLY) if self._held else answer)

    def agreed(self, local: str, remote: str) -> None:
        """Keep what an exchange has agreed on; later descriptions continue it: DTLS and ICE, and the configuration.

        An offer of several configurations (RFC 5939) becomes the one that the answer has chosen.
        """
        is_secure = self._local is not None and self._local.dtls is not None
        if not is_secure and "a=acfg" not in remote:
            return
        try:
            ours, theirs = parse(local), parse(remote)
        except MalformedSdp:
            return  # The server reads it too, and ends the call.
        if self._sent:
            self._sent = render(configured(parse(self._sent), theirs))
        if is_secure and (exchange := dtls.exchange_of(ours, theirs)):
            self._dtls = dtls.state_of(exchange)

    def hold(self, on: bool) -> bool:
        """Prepare a re-INVITE that holds or resumes; return False when that is the case already."""
        if self._held == on:
            return False
        self._held = on
        if self._sent:
            # The session that was agreed on, in another direction: other payload types would be another session.
            self._pending = self._redirected()
        return True

    def drop_pending(self) -> None:
        """Forget a hold or resume that could not be sent."""
        if self._pending:
            self._held = not self._held
            self._pending = ""

    def next(self) -> str:
        """Return the description to send now; without a pending one it is an offer.

        A phone that asks for an offer within the call gets what is agreed: profile, key, media lines and payload
        types. The direction is what we want, also while the phone holds us (RFC 6337 section 5.3).
        """
        self._sent = self._pending or self._offer()
        self._pending = ""
        return self._sent

    def _offer(self) -> str:
        if not self._sent:
            return render(make_offer(self._end(), encrypted=self._end().encryption == "required"))
        return self._redirected()

    def _redirected(self) -> str:
        """Return what was sent last as an offer in the direction that we want."""
        direction = MediaDirection.SENDONLY if self._held else MediaDirection.SENDRECV
        return render(redirected(parse(self._sent), direction, as_offer=True))

    def _end(self) -> LocalEnd:
        if self._local is None:
            raise RuntimeError("the server has not attached the local end yet")
        return self._local
