"""Passwords: argon2id, a few at a time, so that a flood of sign-ins does not take the memory of the machine."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
AT_ONCE = 2
_SLOTS = threading.BoundedSemaphore(AT_ONCE)
NOBODY = "nobody's password"


@lru_cache(maxsize=1)
def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def hash_password(password: str) -> str:
    """What is kept of a password."""
    with _SLOTS:
        return str(_hasher().hash(password.encode(errors="surrogatepass")))


@lru_cache(maxsize=1)
def _decoy() -> str:
    return hash_password(NOBODY)


def is_password(kept: str, password: str) -> bool:
    """Whether a password is the one of which this was kept; where none was, as much work is done for a no."""
    from argon2.exceptions import InvalidHashError, VerificationError

    compared = kept or _decoy()
    with _SLOTS:
        try:
            given = password.encode(errors="surrogatepass")
            return bool(_hasher().verify(compared, given)) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return bool(_hasher().check_needs_rehash(kept))
