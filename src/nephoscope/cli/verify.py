"""`nephoscope verify`: what a tree of files held, and what changed in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import identity
from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn
from nephoscope.model.errors import CustodyError

if TYPE_CHECKING:
    from nephoscope.agent.baseline import Checked
    from nephoscope.agent.explain import Explained

TOLD = 50  # paths that could not be read

app = typer.Typer(
    help="Prove that files are what they were.", add_completion=False, rich_markup_mode=None, no_args_is_help=True
)

PathArgument = Annotated[Path, typer.Argument(metavar="PATH", help="The folder at the top of the tree.")]
FormatOption = Annotated[str, typer.Option("--format", metavar="jsonl|text", help="How to print.")]


@app.command("baseline")
def baseline(
    path: PathArgument,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The baseline to write.")],
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="Leave out, below PATH; repeatable.")
    ] = None,
    cross_mounts: Annotated[bool, typer.Option("--cross-mounts", help="Enter other file systems.")] = False,
    golden: Annotated[
        bool, typer.Option("--golden", help="PATH is a known good image, not a host taken as found.")
    ] = False,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Sign with this Ed25519 key (PEM).")] = None,
    format: FormatOption = "",
) -> int:
    """Write down what a tree of files holds: digests, owners, modes, links, extended attributes.

    Exits with 2 if something in it could not be read; the baseline is written and says what.

    Example: nephoscope verify baseline / -o host.baseline --exclude var/log
    """
    from nephoscope.agent.baseline import make_baseline, place_of
    from nephoscope.verify.baseline import sign_baseline

    is_json = wants_json(_chosen(format))
    _refuse_no_folder(path)
    skip = [each.removeprefix(f"{path.resolve()}/").strip("/") for each in exclude or ()]
    try:
        made = make_baseline(place_of(path), output, skip, cross_mounts, golden)
    except OSError as error:
        raise CustodyError(f"{error.filename or output}: no baseline was written: {error.strerror}") from error
    if key:
        made["key_id"] = sign_baseline(output, made["sha256"], made["root"], key)
    unseen = made.pop("unseen")
    if is_json:
        print_json({"baseline": str(output), **made})
    else:
        print(f"{printable(str(output))}: {made['entries']:,} entries, root {made['root']}")
    _warn_unseen(unseen)
    return Exit.UNSEEN if unseen else Exit.NOTHING


@app.command("check")
def check(
    path: PathArgument,
    baseline: Annotated[Path, typer.Option(metavar="FILE", help="What `verify baseline` wrote.")],
    public_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Refuse what it did not sign.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read every file.")] = False,
    rehash: Annotated[float, typer.Option(metavar="SHARE", help="Of the tree, the longest unread: 0 to 1.")] = 1 / 24,
    approvals: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Changes that `verify approve` holds explained.")
    ] = None,
    format: FormatOption = "",
) -> int:
    """Say what changed since a baseline, one line per path, with its class and its explanation.

    Files whose metadata are the same are read in turn, a share in each run; those that carry privilege always. Exits
    with 1 if a change is not explained, 2 if none is but something could not be read.

    Example: nephoscope verify check / --baseline host.baseline --public-key key.pem
    """
    from nephoscope.agent.baseline import check_baseline, place_of
    from nephoscope.agent.manifest import BadManifest
    from nephoscope.verify.approvals import read_approvals, with_approval
    from nephoscope.verify.baseline import opened_baseline, refuse_unsigned

    is_json = wants_json(_chosen(format))
    if not 0 <= rehash <= 1:
        raise typer.BadParameter(f"{rehash} is no share: 0 to 1", param_hint="--rehash")
    _refuse_no_folder(path)
    printer = Printer(is_json)
    known = read_approvals(approvals) if approvals else {}

    def tell(change: Explained) -> None:
        printer.tell(with_approval(change, known))

    with opened_baseline(baseline) as manifest:
        if public_key:
            refuse_unsigned(baseline, manifest.sha256, public_key)
        try:
            checked = check_baseline(place_of(path), baseline, manifest, 1.0 if full else rehash, tell)
        except BadManifest as error:
            raise CustodyError(str(error)) from error
        except OSError as error:
            raise CustodyError(f"{error.filename or path} cannot be checked: {error.strerror}") from error
    _summarise(checked, printer)
    if printer.unexplained:
        return Exit.FINDINGS
    return Exit.UNSEEN if checked.unseen else Exit.NOTHING


@app.command("approve")
def approve(
    changes: Annotated[Path, typer.Argument(metavar="CHANGES", help="What `verify check --format jsonl` printed.")],
    approvals: Annotated[Path, typer.Option(metavar="FILE", help="Where approvals are kept; made if it is not there.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why these changes are as they should be.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who approves; else the user of this machine.")] = "",
    path: Annotated[str, typer.Option(metavar="PREFIX", help="Only changes of paths that begin so.")] = "",
) -> int:
    """Approve changes by what they led to: the same file, content, mode and owner on any host is then explained.

    \b
    nephoscope verify check / --baseline host.baseline --format jsonl > changes.jsonl
    nephoscope verify approve changes.jsonl --approvals fleet.approvals --why "deploy 4711" --path opt/app/
    nephoscope verify check / --baseline host.baseline --approvals fleet.approvals
    """  # noqa: D301  click's mark for lines that stay as they are
    from nephoscope.agent.baseline import write_whole
    from nephoscope.verify.approvals import approved, read_approvals, read_rows, text_of

    if not why.strip():
        raise typer.BadParameter("say why", param_hint="--why")
    known = read_approvals(approvals) if approvals.exists() else {}
    rows = [row for row in read_rows(changes) if row.path.startswith(path)]
    at = datetime.now(UTC).isoformat(timespec="seconds")
    after = approved(known, rows, why, identity(by), at)
    try:
        write_whole(approvals, text_of(after))
    except OSError as error:
        raise CustodyError(f"{approvals}: nothing was approved: {error.strerror}") from error
    print(f"{printable(str(approvals))}: {len(after) - len(known)} changes approved, {len(after)} in all")
    return Exit.NOTHING


class Printer:
    """Prints each change and counts them."""

    def __init__(self, is_json: bool) -> None:
        self.is_json = is_json
        self.explained = self.unexplained = 0

    def tell(self, change: Explained) -> None:
        """Print one change; a name that is no UTF-8 is shown escaped, and whole in `path_hex`."""
        if change.is_explained:
            self.explained += 1
        elif change.class_ != "unreadable":
            self.unexplained += 1
        raw = change.path.encode("utf-8", "surrogateescape")
        shown = raw.decode("utf-8", "backslashreplace")
        if not self.is_json:
            print(printable(f"{change.class_:18} {change.severity:13} {shown}: {change.explanation} [{change.trust}]"))
            return
        row: dict[str, Any] = {
            "path": shown, "class": change.class_, "severity": change.severity, "explained": change.is_explained,
            "explanation": change.explanation.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"),
            "trust": change.trust, "package": change.package, "sha256": change.sha256, "change": change.change,
        }  # fmt: skip
        print_json(row | ({"path_hex": raw.hex()} if shown != change.path else {}))


def _summarise(checked: Checked, printer: Printer) -> None:
    seen, oldest = checked.comparison, checked.oldest_hash_at
    since = f"every part since {oldest:%Y-%m-%d %H:%M} UTC" if oldest else "not every part yet, or not known when"
    warn(
        f"{seen.entries:,} entries compared, {seen.hashed:,} files read ({seen.hashed_bytes / 1e6:,.1f} MB); read "
        f"whole: {since}; {printer.unexplained} changes unexplained, {printer.explained} explained"
    )
    _warn_unseen(checked.unseen)


def _warn_unseen(unseen: dict[str, str]) -> None:
    for path, why in list(unseen.items())[:TOLD]:
        warn(f"not seen: {path}: {why}")
    if len(unseen) > TOLD:
        warn(f"not seen: {len(unseen) - TOLD} paths more")


def _chosen(format: str) -> str:
    if format not in ("", "jsonl", "text"):
        raise typer.BadParameter(f"{format} is neither jsonl nor text", param_hint="--format")
    return format


def _refuse_no_folder(path: Path) -> None:
    if not path.is_dir():
        raise typer.BadParameter(f"{path} is no folder that can be read", param_hint="PATH")
