"""`nephoscope scan sbom`: a folder, an image or a disk → the packages in it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nephoscope.cli.output import Exit, json_line, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nephoscope.agent.packages.package import Package

FORMATS = ("jsonl", "cyclonedx")


def sbom(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="TARGET",
            help="A root file system's folder, an image (saved, or an OCI layout), or a raw disk.",
        ),
    ],
    format: Annotated[
        str, typer.Option(metavar="jsonl|cyclonedx", help="Lines for `scan --packages`, or CycloneDX 1.6.")
    ] = "jsonl",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of printing.")
    ] = None,
    platform: Annotated[str, typer.Option(metavar="OS/ARCH", help="Which image of several: linux/arm64, say.")] = "",
) -> int:
    """Say which packages a file tree, an image or a disk holds; needs no network, and runs nothing of it.

    \b
    nephoscope scan sbom / | nephoscope scan --packages - --advisories osv/
    nephoscope scan sbom ./rootfs --format cyclonedx -o bom.cdx.json
    docker save app:1 -o app.tar && nephoscope scan sbom app.tar --format cyclonedx -o app.cdx.json

    Exit code: 0 all was read, 2 something could not be read or nothing was found, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    if format not in FORMATS:
        raise typer.BadParameter(f"{format} is neither jsonl nor cyclonedx", param_hint="--format")
    kind = _kind_of(path)
    packages, unseen = _look(path, kind, platform)
    content = _written(path, kind, packages, format, is_whole=not unseen)
    if output is None:
        sys.stdout.write(content)
    else:
        _put(output, content)
    if sys.stderr.isatty():
        warn(f"{len(packages)} packages" + (f"; {unseen} things could not be read." if unseen else "."))
    return Exit.UNSEEN if unseen else Exit.NOTHING


def _kind_of(path: Path) -> str:
    """Raises BadParameter for a path that is no target."""
    from nephoscope.scan.target import kind_of

    try:
        path.stat()
        kind = kind_of(path)
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}", param_hint="TARGET") from error
    if not kind:
        raise typer.BadParameter(f"{path} is nothing that can be looked at", param_hint="TARGET")
    return kind


def _look(path: Path, kind: str, platform: str) -> tuple[list[Package], int]:
    """The packages in a fixed order, each once, and how many things could not be read; those are said."""
    from nephoscope.agent.packages.package import Package
    from nephoscope.scan.target import targets

    found: set[Package] = set()
    unseen = 0
    try:
        with _progress() as seen:
            for each in targets()[kind].look(path, platform):
                if isinstance(each, Package):
                    found.add(each)
                    seen(len(found))
                else:
                    unseen += 1
                    warn(f"{path}: {each.location}: {each.cause}")
    except OSError as error:
        unseen += 1
        warn(f"{path}: cannot be read on: {error.strerror or error}")
    if not found and not unseen:
        unseen += 1
        warn(f"{path}: holds no package that is known here")
    return sorted(found), unseen


def _written(path: Path, kind: str, packages: Sequence[Package], format: str, *, is_whole: bool) -> str:
    if format == "cyclonedx":
        from nephoscope.agent.packages.package import printable_path
        from nephoscope.scan.cyclonedx import document

        return document(printable_path(path.name or "/"), kind, packages, is_whole=is_whole).decode()
    rows = ({key: value for key, value in each._asdict().items() if value} for each in packages)
    return "".join(map(json_line, rows))


def _put(output: Path, content: str) -> None:
    """The whole file or none. Raises BadParameter for a place that cannot be written."""
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        part.write_text(content, encoding="utf-8")
        part.replace(output)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise typer.BadParameter(f"{output} cannot be written: {error.strerror}", param_hint="--output") from error


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking")
        yield lambda count: progress.update(task, description=f"{count} packages")
