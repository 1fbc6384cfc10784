"""Passwords: stored as argon2id hashes; a few are checked at a time."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mixminus.access.errors import PasswordsBusy

__all__ = ["MAX_PASSWORD_CHARACTERS", "Passwords"]

T = TypeVar("T")

MAX_PASSWORD_CHARACTERS: Final = 1024
# OWASP's minimum for argon2id: one thread and 19 MiB for 20 ms, so that a login does not delay audio.
HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
AT_ONCE: Final = 2
WAITING: Final = 32
# Matches no password: an unknown username must take as long as a known one.
UNKNOWN_USER_HASH: Final = f"$argon2id$v=19$m=19456,t=2,p=1${'A' * 22}${'A' * 43}"


class Passwords:
    """Hashes and checks passwords in threads, two at a time; PasswordsBusy if 32 are waiting."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter({"access.passwords_refused": 0})
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        return await self._queued(lambda: HASHER.hash(password))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Return whether the password matches; ``None`` is the hash of an unknown user."""
        too_long = len(password) > MAX_PASSWORD_CHARACTERS
        return not too_long and await self._queued(
            lambda: _matches(password_hash or UNKNOWN_USER_HASH, password)
        )

    async def _queued(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING:
            self.counters["access.passwords_refused"] += 1
            raise PasswordsBusy("too many passwords are being checked")
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            return await asyncio.to_thread(work)
        finally:
            self._turns.release()


def _matches(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (InvalidHashError, VerificationError):
        return False
