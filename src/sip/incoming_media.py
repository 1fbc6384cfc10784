"""IncomingMedia: our side of an incoming call's first exchange, made again when a policy about SRTP applies."""

from dataclasses import replace

from mixminus.call.secure_media import SecureExchange
from mixminus.mixer import PortMedia
from mixminus.model.ids import LegId
from mixminus.model.srtp import Encryption
from mixminus.sip.messages import Attach
from mixminus.sip.sdp.agreement import NotAcceptable, secure_exchange
from mixminus.sip.sdp.description import SessionDescription, render
from mixminus.sip.sdp.negotiation import LocalEnd, first_description

__all__ = ["IncomingMedia"]


class IncomingMedia:
    """The offer of an INVITE, which may be empty, and our answer to it, or our offer.

    Each description is read once: the worker does not report this exchange, but those that follow it.
    """

    def __init__(self, leg_id: LegId, local: LocalEnd, text: str, offer: SessionDescription | None) -> None:
        """``text`` is the offer as it was received; raise NotAcceptable if it allows no audio."""
        self._leg_id = leg_id
        self._local = local
        self._text = text
        self._offer = offer
        self.describe()

    def describe(self, encryption: Encryption = "optional") -> None:
        """Make ``attach`` and ``agreed`` anew; raise NotAcceptable if the offer allows no such audio."""
        local = replace(self._local, encryption=encryption)
        self._description, agreed = first_description(local, self._offer)
        self.attach = Attach(self._leg_id, local, render(self._description))
        """What the worker sends."""
        self.agreed: PortMedia | None = agreed
        """What our answer means for the port; None without an offer."""

    def exchange(self) -> SecureExchange:
        """Return what the exchange says about ICE and DTLS; raise NotAcceptable without an offer of them."""
        if self._offer is None:
            raise NotAcceptable("no ICE and DTLS was agreed on")
        return secure_exchange(self._description, self._offer)

    @property
    def texts(self) -> tuple[str, str]:
        """Our answer and the INVITE's offer."""
        return self.attach.description, self._text
