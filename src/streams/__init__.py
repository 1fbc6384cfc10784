"""Streams: a room's or a call's audio to and from a program, as PCM in messages (api.md section 9)."""
