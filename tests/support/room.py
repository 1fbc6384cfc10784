"""A room without a control plane: whoever comes is answered and joined to one bridge."""

from mixminus.call.leg import Address, Leg
from mixminus.mixer import Bridge

__all__ = ["OpenHouse"]


class OpenHouse:
    """Answers every leg at once (``call.leg.IncomingLegs``)."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.legs: list[Leg] = []

    async def incoming(self, leg: Leg, *, source: Address, destination: Address) -> None:
        self.legs.append(leg)
        leg.port.join(self.bridge)
        await leg.answer()
