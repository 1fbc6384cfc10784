"""Bodies of what one call is let hear (api.md section 5.3)."""

from mixminus.api.schemas import Body, Text

__all__ = ["TalkBody"]


class TalkBody(Body):
    """POST /calls/{id}/talk; ``provider`` may be named, the language decides who speaks."""

    text: Text
    language: Text = ""
    provider: Text = ""
    voice_id: Text = ""
