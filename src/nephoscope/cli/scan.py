"""`nephoscope scan`: packages and advisories → which package has which vulnerability; how versions are ordered."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from nephoscope.cli._disks import function, image, instance
from nephoscope.cli._sbom import sbom
from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from io import BufferedReader
    from typing import BinaryIO

    from nephoscope.model.coverage import Gap
    from nephoscope.model.package import Package
    from nephoscope.scan.ecosystem import VersionKey
    from nephoscope.scan.exploitation import Epss, Kev
    from nephoscope.scan.matcher import Index, Match

Entry = TypeVar("Entry")
STDIN = "-"
COLOURS = {"critical": "bright_red", "high": "red", "medium": "yellow", "low": "cyan"}

app = typer.Typer(rich_markup_mode=None, add_completion=False)
app.command("sbom")(sbom)
app.command("instance")(instance)
app.command("image")(image)
app.command("function")(function)


@app.callback(invoke_without_command=True)
def scan(
    context: typer.Context,
    packages: Annotated[
        str, typer.Option(metavar="FILE", help="Packages as JSON lines, CycloneDX or SPDX; - for standard input.")
    ] = "",
    advisories: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="OSV records: json, jsonl, gz, zip, or a folder of them; may be repeated."),
    ] = None,
    kev: Annotated[
        str, typer.Option(metavar="FILE", help="CISA's catalogue as JSON: says which are known to be exploited.")
    ] = "",
    epss: Annotated[
        str, typer.Option(metavar="FILE", help="FIRST's table as CSV: says how likely exploitation is.")
    ] = "",
    format: Annotated[str, typer.Option(metavar="jsonl|text", help="JSON lines, or text for people.")] = "",
) -> int:
    """Find the vulnerabilities of packages, from advisories on this machine; needs no server, account or network.

    \b
    nephoscope scan --packages packages.jsonl --advisories osv/
    nephoscope scan --packages - --advisories all.zip --format jsonl < packages.jsonl
    nephoscope scan --packages packages.jsonl --advisories osv/ --kev kev.json --epss epss.csv.gz
    printf '1.0~rc1\\t1.0\\n' | nephoscope scan versions Debian

    A package is {"ecosystem": "Debian:12", "name": "openssl", "version": "3.0.11-1~deb12u1"}.

    Exit code: 0 nothing found, 1 findings, 2 no findings but something could not be read or judged, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    if context.invoked_subcommand is not None:
        return Exit.NOTHING
    if format not in ("", "jsonl", "text"):
        raise typer.BadParameter(f"{format} is neither jsonl nor text", param_hint="--format")
    _check(packages, advisories or [])
    tally = Tally()
    exploited = exploited_of(kev, epss, tally)
    found = installed(packages, tally)
    report(found, index_of(advisories or [], found, tally), exploited, tally, as_json=wants_json(format))
    if not wants_json(format):
        print(_summary(tally))
    if tally.found:
        return Exit.FINDINGS
    return Exit.UNSEEN if tally.unseen else Exit.NOTHING


def _check(packages: str, advisories: Sequence[Path]) -> None:
    """Raises BadParameter for files that cannot be meant."""
    if not packages or not advisories:
        raise typer.BadParameter("both are needed", param_hint="--packages FILE --advisories PATH")
    if packages == STDIN and any(str(path) == STDIN for path in advisories):
        raise typer.BadParameter("standard input holds one of the two", param_hint="--advisories")
    for path in advisories:
        if str(path) != STDIN and not path.exists():
            raise typer.BadParameter(f"{path} is not there", param_hint="--advisories")


@app.command("versions")
def versions(
    ecosystem: Annotated[str, typer.Argument(metavar="ECOSYSTEM", help="OSV's name: Debian, PyPI, npm, Maven, …")],
) -> int:
    """Say how an ecosystem orders versions: reads lines `a<TAB>b`, prints `<`, `=` or `>` for each.

    \b
    printf '1.0~rc1\\t1.0\\n' | nephoscope scan versions Debian
    nephoscope scan versions PyPI < pairs.tsv

    `?` says that the ecosystem cannot order one of the two.

    Exit code: 0 every line was a pair, 2 a line was none, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    from nephoscope.scan.ecosystem import ecosystems, place

    known = place(ecosystem).ecosystem
    if known is None:
        names = sorted({name for each in ecosystems().values() for name in each.names}, key=str.casefold)
        near = get_close_matches(ecosystem, names, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise typer.BadParameter(f"no ecosystem is named {ecosystem}; {hint}there are {', '.join(names)}")
    wrong = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        pair = line.rstrip(b"\r\n").decode(errors="surrogateescape").split("\t")
        if len(pair) != 2:
            wrong += 1
            warn(f"standard input:{number}: holds {len(pair)} versions divided by tabs, not 2")
        sys.stdout.write((_sign(known.key, pair) if len(pair) == 2 else "?") + "\n")
    return Exit.UNSEEN if wrong else Exit.NOTHING


@app.command("convert")
def convert(
    feed: Annotated[str, typer.Argument(metavar="FEED", help="The format, as the guide lists them: debian_tracker, …")],
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="The publisher's file, plain or gz.")] = STDIN,
) -> int:
    """Turn a publisher's own advisories into OSV records, one a line, for `--advisories`.

    \b
    nephoscope scan convert debian_tracker tracker.json > debian.jsonl
    nephoscope scan convert alpine_secdb v3.19-main.json | nephoscope scan --packages p.jsonl --advisories -

    Exit code: 0 all was read, 2 something could not be read, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    from nephoscope.model.coverage import Gap
    from nephoscope.scan.feed import content_of, feeds

    if feed not in feeds():
        raise typer.BadParameter(f"no feed is named {feed}; there are {', '.join(feeds())}", param_hint="FEED")
    tally = Tally()
    origin = "standard input" if file == STDIN else file
    with _file(file, "FILE") as opened:
        content = content_of(opened, origin)
    for each in feeds()[feed].read(content, origin):
        if isinstance(each, Gap):
            tally.miss(each.subject, each.cause)
        else:
            print_json(each)
    return Exit.UNSEEN if tally.unseen else Exit.NOTHING


def _sign(key: VersionKey, pair: Sequence[str]) -> str:
    first, second = key(pair[0]), key(pair[1])
    if first is None or second is None:
        return "?"
    return "<" if first < second else ">" if first > second else "="


@dataclass
class Tally:
    """Numbers for the last line and the exit code."""

    packages: int = 0
    advisories: int = 0
    found: int = 0
    vulnerable: int = 0
    unseen: int = 0

    def miss(self, subject: str, cause: str) -> None:
        """Say what could not be seen, and count it."""
        self.unseen += 1
        warn(f"{subject}: {cause}")


def index_of(paths: Sequence[Path], packages: Sequence[Package], tally: Tally) -> Index:
    """What the advisories of files and folders say of the packages; what cannot be read is said."""
    from nephoscope.model.coverage import Gap
    from nephoscope.scan.matcher import Index
    from nephoscope.scan.reading import read_advisories

    index = Index(packages)
    for each in read_advisories(paths):
        if isinstance(each, Gap):
            tally.miss(each.subject, each.cause)
        else:
            index.add(each)
    tally.advisories = len(index)
    if not len(index):
        tally.miss(", ".join(map(str, paths)), "holds no advisory")
    return index


def installed(name: str, tally: Tally) -> list[Package]:
    """The packages of a file of JSON lines, plain or gz; lines that are none are said."""
    from nephoscope.model.coverage import Gap
    from nephoscope.scan.packages import read_packages

    found: list[Package] = []
    with _opened(name) as lines:
        for each in read_packages(lines, "standard input" if name == STDIN else name):
            if isinstance(each, Gap):
                tally.miss(each.subject, each.cause)
            else:
                found.append(each)
    if not found and not tally.unseen:
        tally.miss(name, "holds no package")
    tally.packages = len(set(found))
    return found


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    with _file(name, "--packages") as file:
        if name != STDIN and file.peek(2)[:2] == b"\x1f\x8b":
            import gzip

            yield gzip.GzipFile(fileobj=file)  # type: ignore[misc]
        else:
            yield file


@contextmanager
def _file(name: str, hint: str) -> Iterator[BufferedReader]:
    if name == STDIN:
        yield sys.stdin.buffer  # type: ignore[misc]
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise typer.BadParameter(f"{name} cannot be read: {error.strerror}", param_hint=hint) from error
    with file:
        yield file


@dataclass(frozen=True)
class Exploited:
    """What is known of exploitation, by CVE; None where nobody gave it."""

    kev: dict[str, Kev] | None = None
    epss: dict[str, Epss] | None = None

    def of(self, match: Match) -> dict[str, Any]:
        """The keys that are added to a match's line."""
        from nephoscope.scan.exploitation import first_known, most_likely

        row: dict[str, Any] = {}
        if self.kev is not None:
            kev = first_known(match.names, self.kev)
            row["kev"] = kev and {"added": kev.added, "due": kev.due, "ransomware": kev.ransomware}
        if self.epss is not None:
            epss = most_likely(match.names, self.epss)
            row["epss"] = epss and {"score": epss.score, "percentile": epss.percentile}
        return row


def exploited_of(kev: str, epss: str, tally: Tally) -> Exploited:
    """What the two files say, if they are named; entries that are none are said."""
    from nephoscope.scan.exploitation import read_epss, read_kev

    return Exploited(
        _entries(kev, read_kev, "--kev", tally) if kev else None,
        _entries(epss, read_epss, "--epss", tally) if epss else None,
    )


def _entries(
    name: str, read: Callable[[bytes, str], Iterable[tuple[str, Entry] | Gap]], hint: str, tally: Tally
) -> dict[str, Entry]:
    from nephoscope.model.coverage import Gap
    from nephoscope.scan.feed import content_of

    known: dict[str, Entry] = {}
    with _file(name, hint) as file:
        content = content_of(file, name)
    for each in read(content, name):
        if isinstance(each, Gap):
            tally.miss(each.subject, each.cause)
        else:
            known[each[0]] = each[1]
    return known


def report(packages: Sequence[Package], index: Index, exploited: Exploited, tally: Tally, *, as_json: bool) -> None:
    """Print each match; what could not be judged is said."""
    from nephoscope.model.coverage import Gap

    last: Package | None = None
    for each in index.matches(packages):
        if isinstance(each, Gap):
            tally.miss(each.subject, each.cause)
            continue
        tally.found += 1
        tally.vulnerable += each.package != last
        if as_json:
            print_json(row_of(each) | exploited.of(each))
        else:
            _print_line(each, exploited.of(each), is_first=each.package != last)
        last = each.package


def row_of(match: Match) -> dict[str, Any]:
    """A match as the line that other tools read; `fixed` is empty where no fix is known.

    `state` is there where the publisher says what it will do, or for whom there is a fix.
    """
    package = match.package
    return {
        "ecosystem": package.ecosystem,
        "name": package.name,
        "version": package.version,
        "advisory": match.advisory,
        "aliases": match.aliases,
        "fixed": match.fixed,
        "severity": match.severity,
    } | ({"state": match.state} if match.state else {})


def _print_line(match: Match, more: dict[str, Any], *, is_first: bool) -> None:
    if is_first:
        package = match.package
        typer.secho(printable(f"{package.name} {package.version}  [{package.ecosystem}]"), bold=True)
    severity = typer.style(f"{match.severity:13}", fg=COLOURS.get(match.severity))
    names = " ".join((match.advisory, *match.aliases))
    fixed = f"fixed in {match.fixed}" if match.fixed else "no fix is known"
    fixed += f" ({match.state})" if match.state else ""
    kev, epss = more.get("kev"), more.get("epss")
    known = "".join((f"  exploited, due {kev['due']}" if kev else "", f"  EPSS {epss['score']:.1%}" if epss else ""))
    typer.echo(f"  {severity} {printable(names)}  {printable(fixed + known)}")


def _summary(tally: Tally) -> str:
    parts = [
        f"{tally.packages} packages against {tally.advisories} advisories",
        f"{tally.found} findings in {tally.vulnerable} packages",
    ]
    parts += [f"{tally.unseen} things could not be read or judged"] if tally.unseen else []
    return "; ".join(parts) + "."
