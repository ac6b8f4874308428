"""The packages of many hosts: each version is matched once, however many hosts have it."""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from nephoscope.scan.ecosystem import place
from nephoscope.scan.matcher import Index, Match, names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.model.advisory import Advisory
    from nephoscope.model.coverage import Gap
    from nephoscope.model.package import Package

SPARE_SLOTS = 1_000
_NUMBERS = "I"  # four bytes; every package version of every ecosystem has room


class Fleet:
    """Hosts with their packages, as rising numbers of package versions; hosts with the same packages share them.

    What is found is kept per package version, never per host: rows of hosts and advisories are made when asked for.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._numbers: dict[Package, int] = {}
        self._packages: list[Package] = []
        self._by_name: dict[tuple[str, str], list[int]] = {}  # (ecosystem, name) as advisories write them
        self._hosts: dict[str, array[int]] = {}
        self._slots: list[str | None] = []  # a number for each `put`; None where the host has changed since, or is gone
        self._slot_of: dict[str, int] = {}
        self._having: list[array[int]] = []  # of each package version the slots that have it
        self._shared: WeakValueDictionary[bytes, array[int]] = WeakValueDictionary()
        self._found: dict[int, list[Match | Gap]] = {}
        self._counts: list[int] = []

    @property
    def versions(self) -> int:
        """How many distinct package versions all hosts have."""
        return len(self._packages)

    @property
    def slots(self) -> int:
        """How many numbers of hosts are kept, those of hosts that are gone among them."""
        return len(self._slots)

    def put(self, host: str, packages: Iterable[Package]) -> None:
        """Say what packages a host has now; those that no host had before are matched at once."""
        numbers = array(_NUMBERS, sorted({self._number(package) for package in packages}))
        digest = hashlib.sha256(numbers.tobytes()).digest()
        self._free(host)
        self._hosts[host] = self._shared.setdefault(digest, numbers)
        self._fill(host)
        if len(self._slots) > 2 * len(self._hosts) + SPARE_SLOTS:
            self._compact()

    def remove(self, host: str) -> None:
        """Forget a host. Raises KeyError for one that is not there."""
        del self._hosts[host]
        self._free(host)

    def _free(self, host: str) -> None:
        slot = self._slot_of.pop(host, None)
        if slot is not None:
            self._slots[slot] = None

    def _fill(self, host: str) -> None:
        slot = self._slot_of[host] = len(self._slots)
        self._slots.append(host)
        for number in self._hosts[host]:
            self._having[number].append(slot)

    def _compact(self) -> None:
        """Leave the slots of what is gone."""
        self._slots, self._slot_of = [], {}
        self._having = [array(_NUMBERS) for _ in self._packages]
        for host in self._hosts:
            self._fill(host)

    def _number(self, package: Package) -> int:
        number = self._numbers.get(package)
        if number is None:
            number = self._numbers[package] = len(self._packages)
            self._packages.append(package)
            for name in names_of(package):
                self._by_name.setdefault(name, []).append(number)
            self._having.append(array(_NUMBERS))
            self._counts.append(0)
            self._match(number)
        return number

    def _match(self, number: int) -> None:
        found = self._index.match(self._packages[number])
        if found:
            self._found[number] = found
        self._counts[number] = sum(isinstance(each, Match) for each in found)

    def rematch(self, index: Index) -> None:
        """Match every package version with these advisories, afresh."""
        self._index = index
        self._found = {}
        for number in range(len(self._packages)):
            self._match(number)

    def counts(self) -> dict[str, int]:
        """{host: how many advisories its packages are affected by}"""
        count_of = self._counts.__getitem__
        shared = {id(numbers): numbers for numbers in self._hosts.values()}
        sums = {key: sum(map(count_of, numbers)) for key, numbers in shared.items()}
        return {host: sums[id(numbers)] for host, numbers in self._hosts.items()}

    def found(self, host: str) -> Iterator[Match | Gap]:
        """What is found for a host. Raises KeyError for one that is not there."""
        for number in self._hosts[host]:
            yield from self._found.get(number, ())

    def affected_by(self, advisory: Advisory) -> dict[str, list[Match]]:
        """{host: the packages that a new advisory affects}, of hosts that have any; nothing else is looked at."""
        index = Index()
        index.add(advisory)
        names = {
            (where.name, where.package_name(each.package.name))
            for each in advisory.affected or ()
            if each.package and (where := place(each.package.ecosystem))
        }
        candidates = {number for name in names for number in self._by_name.get(name, ())}
        found: dict[str, list[Match]] = {}
        for number in sorted(candidates):
            matches = [each for each in index.match(self._packages[number]) if isinstance(each, Match)]
            for host in map(self._slots.__getitem__, self._having[number] if matches else ()):
                if host is not None:
                    found.setdefault(host, []).extend(matches)
        return found
