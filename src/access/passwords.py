"""Passwords: kept as argon2id hashes, and checked a few at a time."""

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
# OWASP's least for argon2id: one thread and 19 MiB for some 20 ms, so that a login does not make audio late.
HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
AT_ONCE: Final = 2
WAITING: Final = 32
# The hash of no password: an unknown username must cost as much time as a known one.
NOBODY: Final = f"$argon2id$v=19$m=19456,t=2,p=1${'A' * 22}${'A' * 43}"


class Passwords:
    """Hashes and checks in threads, two at once; beyond 32 who wait, it refuses."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter({"access.passwords_refused": 0})
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        return await self._in_turn(lambda: HASHER.hash(password))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Return whether this is the password; None is the hash of somebody who is not known."""
        too_long = len(password) > MAX_PASSWORD_CHARACTERS
        return not too_long and await self._in_turn(lambda: _matches(password_hash or NOBODY, password))

    async def _in_turn(self, work: Callable[[], T]) -> T:
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
