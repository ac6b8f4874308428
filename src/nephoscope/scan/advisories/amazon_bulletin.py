"""Amazon Linux's bulletins, as pages and as the list of them."""

from __future__ import annotations

import re
from datetime import datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from nephoscope.model.advisory import Advisory, Score
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.feed import affected, feed, specifics
from nephoscope.scan.markup import elements, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_RELEASE = re.compile(
    r"Amazon Linux (?P<release>AMI|[0-9]+) Security Advisory:\s*(?P<id>ALAS[0-9A-Z.]*-[0-9]{4}-[0-9]+)"
)
_DATE = re.compile(r"Advisory (?:Updated|Release) Date:\s*(?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2})?)")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}")
_SEVERITY = re.compile(r"Severity:[^A-Za-z]*(?P<word>[A-Za-z]+)")
_NEVRA = re.compile(r"(?P<name>[^\s/]+)-(?P<version>[^\s-]+-[^\s-]+)\.(?P<arch>[a-z0-9_]+)")
_TITLE = re.compile(r"(?P<id>ALAS[0-9A-Z.]*-[0-9]{4}-[0-9]+) \((?P<word>[a-z]+)\): .*")
_AMI = "2018.03"  # the release of Amazon Linux before 2
_BLOCKS = ("br", "div", "p", "pre", "span", "hr", "h1")


class _Page(HTMLParser):
    """The text of a page's parts, by their ids; outside of all it is under an empty one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: dict[str, list[str]] = {"": []}
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._add("\n")
        if tag == "div":
            self._open.append(dict(attrs).get("id") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "div" and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _add(self, text: str) -> None:
        part = next((id for id in reversed(self._open) if id), "")
        self.parts.setdefault(part, []).append(text)

    def text(self, part: str) -> str:
        return "".join(self.parts.get(part, ()))


@feed
def amazon_bulletin(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """A bulletin's page, with the packages that fix it; or the list of bulletins (RSS), which names none.

    Its pages leave epochs out of versions. `updateinfo` has more, where a repository can be reached.
    Limits: fixes only.
    Source: https://alas.aws.amazon.com/
    """
    if content.lstrip().startswith(b"<?xml"):
        yield from _list(content, origin)
        return
    page = _Page()
    page.feed(content.decode(errors="replace"))
    said = _RELEASE.search(" ".join(page.text("").split()))
    if said is None:
        raise SourceError(origin, "is no file of Amazon Linux's bulletins")
    yield _advisory(page, said) or Gap("record", f"{origin}: {said['id']}", "names no new packages")


def _advisory(page: _Page, said: re.Match[str]) -> Advisory | None:
    ecosystem = f"Amazon Linux:{_AMI if said['release'] == 'AMI' else said['release']}"
    lines = (line.strip() for line in page.text("new_packages").splitlines())
    built = [found for line in lines if (found := _NEVRA.fullmatch(line)) and found["arch"] != "src"]
    fixes = dict.fromkeys((each["name"], each["version"]) for each in built)
    packages = [affected(ecosystem, name, fixed, specific=specifics(epoch="none")) for name, fixed in fixes]
    dates = [_at(found["at"]) for found in _DATE.finditer(page.text(""))]
    word = _SEVERITY.search(page.text("severity"))
    return (
        Advisory(
            said["id"],
            max(dates, default=""),
            related=list(dict.fromkeys(_CVE.findall(page.text("references")))),
            severity=[Score("Amazon Linux", word["word"])] if word else None,
            affected=packages,
        )
        if packages
        else None
    )


def _at(text: str) -> str:
    return datetime.fromisoformat(text).isoformat()  # noqa: DTZ007  in Pacific time; days are what is told of it


def _list(content: bytes, origin: str) -> Iterator[Advisory | Gap]:
    """What the list says of each bulletin: its vulnerabilities, and how grave they are."""
    found = False
    for _, element in elements(content, origin, 2):
        if element.tag != "item":
            continue
        found = True
        title = _TITLE.fullmatch(text_of(element.find("title")))
        if title is None:
            yield Gap(
                "record", f"{origin}: {text_of(element.find('title'))[:100]}", "names no bulletin of Amazon Linux"
            )
            continue
        cves = _CVE.findall(text_of(element.find("description")))
        yield Advisory(title["id"], related=cves, severity=[Score("Amazon Linux", title["word"])])
    if not found:
        raise SourceError(origin, "is no file of Amazon Linux's bulletins: the list names none")
