"""Makes moto's time and chance repeatable, so that replaying a journal gives the same ids, keys and dates.

Limits: what moto takes from OpenSSL (RSA and EC key pairs) cannot be repeated.
"""

from __future__ import annotations

import datetime as real_datetime
import importlib
import os
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMED = ("moto.core.utils", "moto.s3.models")
CHANCED = ("moto.kms.utils", "moto.kms.models", "moto.kms.responses", "moto.sts.utils", "moto.s3.models")


class Chance:
    """One moto process's clock and dice. seed: the sandbox's own, kept in its folder."""

    def __init__(self, seed: str, founded_at: real_datetime.datetime) -> None:
        self.seed = seed
        self.founded_at = founded_at
        self.moment: real_datetime.datetime | None = None
        self._install()

    @contextmanager
    def at(self, moment: real_datetime.datetime, number: int) -> Iterator[None]:
        """Let moto believe that it is this moment and throw the dice that belong to this number."""
        from moto.moto_api._internal import mock_random

        mock_random.seed(f"{self.seed}:{number}")
        self.moment = moment
        try:
            yield
        finally:
            self.moment = None

    def now(self, zone: real_datetime.tzinfo | None = None) -> real_datetime.datetime:
        """The moment that moto is to see."""
        moment = self.moment or real_datetime.datetime.now(real_datetime.UTC)
        return moment.astimezone(zone) if zone else moment.astimezone().replace(tzinfo=None)

    def _install(self) -> None:
        from moto.moto_api._internal import mock_random

        clock = _clock(self)
        dice = types.ModuleType("os")
        dice.__dict__.update(os.__dict__)
        dice.__dict__["urandom"] = mock_random.randbytes
        for name in TIMED:
            importlib.import_module(name).__dict__["datetime"] = clock
        for name in CHANCED:
            module = importlib.import_module(name)
            if "os" in module.__dict__:
                module.__dict__["os"] = dice
        self._seed_backends()

    def _seed_backends(self) -> None:
        """Give each account and region the same default VPC and the like, whichever call happens to make it."""
        from moto.core.base_backend import AccountSpecificBackend
        from moto.moto_api._internal import mock_random

        make = _original(AccountSpecificBackend)

        def get(backends: Any, region: str) -> Any:
            name = "aws" if region == "global" else region
            if name in backends.keys():  # noqa: SIM118 - its own `in` says yes to every region
                return dict.__getitem__(backends, name)
            dice, moment = mock_random.getstate(), self.moment
            mock_random.seed(f"{self.seed}:{backends.service_name}:{backends.account_id}:{name}")
            self.moment = self.founded_at
            try:
                return make(backends, name)
            finally:
                mock_random.setstate(dice)
                self.moment = moment

        AccountSpecificBackend.__getitem__ = get  # type: ignore[method-assign]


def _original(backends: Any) -> Any:
    """moto's own method, also where an earlier sandbox of this process has replaced it."""  # noqa: D403
    kept = getattr(backends, "_nephoscope_original", None) or backends.__getitem__
    backends._nephoscope_original = kept
    return kept


def _clock(chance: Chance) -> types.ModuleType:
    class Kind(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real_datetime.datetime)

    class Clock(real_datetime.datetime, metaclass=Kind):
        @classmethod
        def now(cls, tz: real_datetime.tzinfo | None = None) -> real_datetime.datetime:  # type: ignore[override]
            return chance.now(tz)

    module = types.ModuleType("datetime")
    module.__dict__.update(real_datetime.__dict__)
    module.__dict__["datetime"] = Clock
    return module
