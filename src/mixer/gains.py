"""Conversion of gains from dB to the engine's fixed point."""

from typing import Final

from mixminus.errors import InvalidArgument

__all__ = ["MAX_GAIN_DB", "gain_q8"]

MAX_GAIN_DB: Final = 24.0
_UNITY_Q8: Final = 256
_MUTED_BELOW_DB: Final = -48.0


def gain_q8(gain_db: float) -> int:
    """Return a gain in Q8: 256 is unity, below -48 dB is 0. Raise InvalidArgument above MAX_GAIN_DB."""
    if not gain_db <= MAX_GAIN_DB:
        raise InvalidArgument(f"a gain is at most {MAX_GAIN_DB:.0f} dB")
    return 0 if gain_db < _MUTED_BELOW_DB else round(_UNITY_Q8 * 10 ** (gain_db / 20))
