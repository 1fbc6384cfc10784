"""Streams: the audio of rooms and calls, to and from other programs."""
