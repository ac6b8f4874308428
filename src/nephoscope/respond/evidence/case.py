"""One sealed run's evidence, held against the ledger: what `verify` finds in its folder, and nothing of other runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from nephoscope.model.evidence import Custody
from nephoscope.respond.evidence.verify import MANIFEST_FILE, Flaw, Report, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.respond.evidence.storage import Files
    from nephoscope.respond.evidence.vault import Vault


@dataclass(frozen=True)
class Below:
    """The files below one folder of a place, as if they were all there is."""

    files: Files
    folder: str

    @property
    def place(self) -> str:
        return f"{self.files.place}/{self.folder}"

    def names(self, below: str = "") -> Iterator[str]:
        root = f"{self.folder}/"
        for name in self.files.names(self.folder):
            if name.startswith(root + below):
                yield name.removeprefix(root)

    def open(self, name: str) -> BinaryIO:
        return self.files.open(f"{self.folder}/{name}")


def verified(vault: Vault, run: str, who: str) -> Report:
    """Check one run's evidence now; that it was checked, by whom and with what result, is in its custody log.

    Raises CustodyError if the run is not sealed.
    """
    sealed = vault.sealed(run)
    report = verify(Below(vault.storage, vault.folder_of(run)), vault.keys())
    there = report.manifests.get("")
    if there is None and not report.flaws:
        report.flaws.append(Flaw(MANIFEST_FILE, "missing", "the run was sealed"))
    elif there is not None and there.statement() != sealed.envelope.payload:
        report.flaws.append(Flaw(MANIFEST_FILE, "altered", "the ledger has another manifest of this run"))
    _check_custody(vault, run, report)
    vault.note(run, who, Custody.VERIFIED, "as sealed" if report.is_proven else f"{len(report.flaws)} flaws")
    return report


def _check_custody(vault: Vault, run: str, report: Report) -> None:
    """The log as the ledger has it now: each entry names the one before it, and it begins as it was sealed."""
    entries, previous = vault.custody(run), ""
    for entry in entries:
        if entry.previous != previous:
            report.flaws.append(Flaw("custody", "altered", f"entry {entry.number} does not follow the one before it"))
            return
        previous = entry.digest
    there = report.manifests.get("")
    if there is not None and entries[: len(there.custody)] != there.custody:
        report.flaws.append(Flaw("custody", "altered", "the custody log does not begin as it was sealed"))
