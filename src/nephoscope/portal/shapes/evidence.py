"""Evidence that runs captured."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from nephoscope.portal.shapes.common import Page, Shape


class CaseRow(Shape):
    """A run's evidence."""

    run: str
    playbook: str
    account: str
    name: str
    finding: str
    place: str = Field(description="The folder or bucket that holds it.")
    made_at: datetime
    sealed_at: datetime | None
    number: int = Field(description="Its manifest's; 0 until it is sealed.")
    captures: int
    bytes: int


class CasePage(Page[CaseRow]):
    """Evidence of runs."""


class CapturedFile(Shape):
    """One thing that was captured. source: the call or command that gave it."""

    name: str
    file: str = Field(description="Its name in the case's folder and archive; begins with its SHA-256.")
    sha256: str
    size_bytes: int
    media_type: str
    source: str
    captured_at: datetime


class CaseManifest(Shape):
    """The signed list of a case's captures."""

    number: int = Field(description="Its place among all manifests of this installation.")
    sha256: str = Field(description="Of what was signed.")
    previous: str = Field(description="SHA-256 of the manifest before it; empty for the first.")
    key_id: str = Field(description="Whose signature it bears: SHA-256 of the public key in DER.")
    public_key: str = Field(description="That key in PEM; compare it with the one that was published.")
    made_at: datetime
    tool: str


class CustodyRow(Shape):
    """Who did what with a case."""

    number: int
    at: datetime
    who: str
    what: str
    detail: str
    digest: str = Field(description="SHA-256 of the entry; the next one names it.")


class CaseWhole(CaseRow):
    """A run's evidence whole. manifest: null until it is sealed."""

    files: list[CapturedFile]
    manifest: CaseManifest | None
    custody: list[CustodyRow]
    can: list[str] = Field(description="verify, download.")


class CaseFlaw(Shape):
    """What is not as it was sealed."""

    path: str
    kind: str
    detail: str


class CaseReport(Shape):
    """What checking a case against its manifest found."""

    run: str
    at: datetime
    by: str
    is_proven: bool = Field(description="Everything is as it was sealed, by a key of this installation.")
    is_altered: bool
    unproven: str = Field(description="Why nothing can be said of who sealed it; empty where that is proven.")
    files: int = Field(description="How many files were read and held against the manifest.")
    bytes: int
    flaws: list[CaseFlaw]
