"""`nephoscope scan sbom`: a folder, an image or a disk → the packages in it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nephoscope.cli._registry import (
    AccountOption,
    AllowPrivateOption,
    Asked,
    AuthOption,
    CacheOption,
    ConfigOption,
    PlainHttpOption,
    pulled,
)
from nephoscope.cli.output import Exit, json_line, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nephoscope.agent.packages.package import Found, Package

FORMATS = ("jsonl", "cyclonedx")
TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="A root file system's folder, an image (saved, an OCI layout, or REGISTRY/NAME:TAG), a zip, a raw disk.",
    ),
]
FormatOption = Annotated[
    str, typer.Option(metavar="jsonl|cyclonedx", help="Lines for `scan --packages`, or CycloneDX 1.6.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead of printing.")
]
PlatformOption = Annotated[str, typer.Option(metavar="OS/ARCH", help="Which image of several: linux/arm64, say.")]


def sbom(
    target: TargetArgument,
    format: FormatOption = "jsonl",
    output: OutputOption = None,
    platform: PlatformOption = "",
    auth: AuthOption = None,
    account: AccountOption = "",
    config: ConfigOption = None,
    cache: CacheOption = None,
    allow_private: AllowPrivateOption = False,
    plain_http: PlainHttpOption = False,
) -> int:
    """Say which packages a file tree, an image or a disk holds; runs nothing of it.

    It needs no network but for an image in a registry.

    \b
    nephoscope scan sbom / | nephoscope scan --packages - --advisories osv/
    nephoscope scan sbom ./rootfs --format cyclonedx -o bom.cdx.json
    docker save app:1 -o app.tar && nephoscope scan sbom app.tar --format cyclonedx -o app.cdx.json
    nephoscope scan sbom registry.example/team/app:1.4

    Exit code: 0 all was read, 2 something could not be read or nothing was found, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    if format not in FORMATS:
        raise typer.BadParameter(f"{format} is neither jsonl nor cyclonedx", param_hint="--format")
    asked = Asked(auth, account, config, cache, allow_private, plain_http)
    name, kind, found = _target(target, platform, asked)
    packages, unseen = _look(target, found)
    content = _written(name, kind, packages, format, is_whole=not unseen)
    if output is None:
        sys.stdout.write(content)
    else:
        _put(output, content)
    if sys.stderr.isatty():
        warn(f"{len(packages)} packages" + (f"; {unseen} things could not be read." if unseen else "."))
    return Exit.UNSEEN if unseen else Exit.NOTHING


def _target(target: str, platform: str, asked: Asked) -> tuple[str, str, Iterator[Found]]:
    """Its name, its kind, and what is found when it is looked at. A path that is there comes before a registry."""
    from nephoscope.agent.packages.package import printable_path
    from nephoscope.scan.images.reference import reference_of
    from nephoscope.scan.target import targets

    path = Path(target)
    reference = None if os.path.lexists(path) else reference_of(target)
    if reference is not None:
        return str(reference), "image", pulled(reference, platform, asked)
    kind = _kind_of(path)
    return printable_path(path.name or "/"), kind, targets()[kind].look(path, platform)


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


def _look(target: str, looked: Iterator[Found]) -> tuple[list[Package], int]:
    """The packages in a fixed order, each once, and how many things could not be read; those are said."""
    from nephoscope.agent.packages.package import Package

    found: set[Package] = set()
    unseen = 0
    try:
        with _progress() as seen:
            for each in looked:
                if isinstance(each, Package):
                    found.add(each)
                    seen(len(found))
                else:
                    unseen += 1
                    warn(f"{target}: {each.location}: {each.cause}")
    except OSError as error:
        unseen += 1
        warn(f"{target}: cannot be read on: {error.strerror or error}")
    if not found and not unseen:
        unseen += 1
        warn(f"{target}: holds no package that is known here")
    return sorted(found), unseen


def _written(name: str, kind: str, packages: Sequence[Package], format: str, *, is_whole: bool) -> str:
    if format == "cyclonedx":
        from nephoscope.scan.cyclonedx import document

        return document(name, kind, packages, is_whole=is_whole).decode()
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
