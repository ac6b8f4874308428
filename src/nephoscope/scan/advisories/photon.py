"""Photon OS's list of vulnerabilities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from nephoscope.model.advisory import Advisory, Affected, Score
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import affected, feed
from nephoscope.scan.severity import word_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_RELEASE = re.compile(r"photon([0-9]+(?:\.[0-9]+)?)")
_NO_VERSION = ("", "NA")


class _Row(msgspec.Struct):
    """res_ver: the version that resolves it, `NA` if none does."""

    cve_id: str
    pkg: str
    res_ver: str
    status: str
    cve_score: float | None = None


_decode = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_row = msgspec.json.Decoder(_Row).decode


@feed
def photon(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """One release of Photon OS as JSON: a row for each vulnerability and package; the file's name says the release.

    Source: https://packages.vmware.com/photon/photon_cve_metadata/
    """
    try:
        rows = _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(origin, f"is no file of Photon's vulnerabilities: {error}") from error
    release = _RELEASE.search(origin.rpartition("/")[2])
    if release is None:
        raise SourceError(
            origin, "is no file of Photon's vulnerabilities: the name has no release, as in cve_data_photon4.0.json"
        )
    ecosystem = f"Photon OS:{release[1]}"
    by_id: dict[str, list[Affected]] = {}
    for at, raw in enumerate(rows):
        try:
            row = _decode_row(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Gap("record", f"{origin}: [{at}]", f"is no row of Photon's vulnerabilities: {error}")
            continue
        if row.status != "Not Affected":
            by_id.setdefault(row.cve_id, []).append(_affected(row, ecosystem))
    for id, packages in by_id.items():
        yield Advisory(f"PHOTON-{id}", upstream=[id], affected=packages)


def _affected(row: _Row, ecosystem: str) -> Affected:
    severity = Score("Photon", word_of(row.cve_score)) if row.cve_score is not None and row.cve_score >= 0 else None
    return affected(ecosystem, row.pkg, "" if row.res_ver in _NO_VERSION else row.res_ver, severity)
