"""IncomingMedia: our side of an incoming call's first exchange, made again when a policy about SRTP applies."""

from dataclasses import replace

from mixminus.mixer import PortMedia
from mixminus.model.ids import LegId
from mixminus.model.srtp import Encryption
from mixminus.sip.messages import Attach
from mixminus.sip.sdp.description import render
from mixminus.sip.sdp.negotiation import LocalEnd, first_description

__all__ = ["IncomingMedia"]


class IncomingMedia:
    """The offer of an INVITE, which may be empty, and our end."""

    def __init__(self, leg_id: LegId, local: LocalEnd, offer: str) -> None:
        self._leg_id = leg_id
        self._local = local
        self._offer = offer
        self.agreed: PortMedia | None = None
        """What our answer means for the port; None without an offer."""

    def describe(self, encryption: Encryption = "optional") -> Attach:
        """Return what the worker sends; raise MalformedSdp, or NotAcceptable if the offer allows no such audio."""
        local = replace(self._local, encryption=encryption)
        description, self.agreed = first_description(local, self._offer)
        return Attach(self._leg_id, local, render(description))
