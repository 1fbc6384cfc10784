"""Property tests of C code: no deadlines (the first example may compile the library)."""

from hypothesis import settings

settings.register_profile("native", deadline=None)
settings.load_profile("native")
