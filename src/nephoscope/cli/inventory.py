"""`nephoscope inventory`: cloud accounts → items, and verdicts if asked."""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path  # noqa: TC003  typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import configured, moment
from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn
from nephoscope.model.errors import ConfigError, MissingExtra, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nephoscope.assess.assessor import Assessor
    from nephoscope.clouds.aws import Aws
    from nephoscope.inventory.engine import Inventory, Listing, Plan
    from nephoscope.inventory.resource import Reader
    from nephoscope.model.coverage import Gap
    from nephoscope.model.item import Item


def inventory(
    once: Annotated[bool, typer.Option("--once", help="Read everything once and stop; `up` keeps on reading.")] = False,
    assess: Annotated[bool, typer.Option("--assess", help="Ask all checks of what was read.")] = False,
    types: Annotated[
        str, typer.Option(metavar="TYPE,…", help="Only these types: AWS::S3::Bucket, or AWS::S3 for a service.")
    ] = "",
    region: Annotated[list[str] | None, typer.Option(help="Only this region; may be repeated.")] = None,
    profile: Annotated[str, typer.Option(help="A profile of the AWS configuration, instead of the environment.")] = "",
    config: Annotated[Path | None, typer.Option(help="Read the accounts of this nephoscope.toml instead.")] = None,
    calls_per_s: Annotated[
        float | None, typer.Option(min=0.1, help="The budget of each account; else as configured, or 100.")
    ] = None,
    as_of: Annotated[
        str, typer.Option(metavar="TIME", help="What was there at a time (ISO, or 24h ago), as kept.")
    ] = "",
    data: Annotated[Path | None, typer.Option(help="The data folder of --as-of; else as configured.")] = None,
    format: Annotated[str, typer.Option(metavar="jsonl|text", help="JSON lines, or text for people.")] = "",
) -> int:
    """Read the resources of cloud accounts, as they are now, or show them as they were at any time.

    Reads the account whose credentials the environment gives (and AWS_ENDPOINT_URL, if set), all its enabled regions.
    With --as-of it reads no account, but what `nephoscope up` kept.

    Example: nephoscope inventory --once --assess --types AWS::S3,AWS::IAM --region eu-west-1

    Example: nephoscope inventory --as-of 2026-05-01T12:00 --assess
    """
    from nephoscope.inventory.engine import Inventory, Plan

    if format not in ("", "jsonl", "text"):
        raise typer.BadParameter(f"{format} is neither jsonl nor text", param_hint="--format")
    if as_of:
        report = _Report(_assessor(assess), as_json=wants_json(format))
        return report.show_kept(_kept(config, data, as_of, chosen(types), region or []))
    if not once:
        raise typer.BadParameter("say --once; `nephoscope up` reads again and again", param_hint="--once")
    if profile and config:
        raise typer.BadParameter("the accounts of --config have their own", param_hint="--profile")
    readers = chosen(types)
    aws = _aws(profile, config, calls_per_s)
    plan = Plan(readers, _regions(aws, region or []))
    return _Report(_assessor(assess), as_json=wants_json(format)).show(Inventory(aws, plan))


def _kept(
    config: Path | None, data: Path | None, as_of: str, readers: Sequence[Reader], regions: Sequence[str]
) -> list[Item]:
    """The items that existed at a moment, of the types and regions asked for, as the lake keeps them."""
    try:
        from nephoscope.store.items import ItemFilter, items_as_of
        from nephoscope.store.lake_socket import connect_lake
    except ImportError:
        raise MissingExtra("Reading the lake", "server") from None
    settings = configured(config, data)
    at = moment(as_of, "--as-of")
    with connect_lake(settings.data, settings.lake_url) as lake:
        wanted = ItemFilter(types=tuple(reader.type for reader in readers))
        found = [revision.item for revision in items_as_of(lake, at, wanted)] if at else []
        if at and not found and not items_as_of(lake, at, limit=1):
            raise StoreError(f"nothing that is kept is as old as {at:%Y-%m-%d %H:%M:%S} UTC")
    return [item for item in found if not regions or item.region in regions]


def chosen(types: str) -> tuple[Reader, ...]:
    """The readers of the types that were asked for; all if none were. Raises BadParameter for an unknown one."""
    from nephoscope.inventory.engine import readers

    known = readers()
    asked = [one.strip() for one in types.split(",") if one.strip()]
    for one in asked:
        if not any(_is_of(name, one) for name in known):
            raise typer.BadParameter(f"no reader for {one}; there are {', '.join(sorted(known))}", param_hint="--types")
    return tuple(reader for name, reader in known.items() if not asked or any(_is_of(name, one) for one in asked))


def _is_of(name: str, asked: str) -> bool:
    return name == asked or name.startswith(f"{asked}::")


def _aws(profile: str, config: Path | None, calls_per_s: float | None) -> Aws:
    from nephoscope.clouds.aws import CALLS_PER_S, Aws, AwsAccount

    if config is None:
        account = AwsAccount(profile=profile) if profile else AwsAccount(environment=True)
        endpoint_url = "" if profile else os.environ.get("AWS_ENDPOINT_URL", "")
        return Aws((account,), endpoint_url=endpoint_url, calls_per_s=calls_per_s or CALLS_PER_S)
    from nephoscope.clouds.named import clouds_of
    from nephoscope.config import load

    settings = load(config)
    budget = calls_per_s or settings.aws.calls_per_s
    aws = clouds_of(replace(settings, aws=replace(settings.aws, calls_per_s=budget))).aws_or_none
    if aws is None:
        raise ConfigError(f"{config} names no account to read: name one under [accounts.NAME]")
    return aws


def _regions(aws: Aws, asked: Sequence[str]) -> dict[str, tuple[str, ...]]:
    from nephoscope.inventory.engine import enabled_regions

    named = dict(zip(aws.account_ids(), (one.regions for one in aws.accounts), strict=True))
    return {account: tuple(asked) or regions or enabled_regions(aws, account) for account, regions in named.items()}


def _assessor(wanted: bool) -> Assessor | None:
    if not wanted:
        return None
    from nephoscope.assess.assessor import Assessor

    return Assessor()


class _Report:
    """Prints what was read, and at the end what could not be."""

    def __init__(self, assessor: Assessor | None, *, as_json: bool) -> None:
        self.assessor = assessor
        self.as_json = as_json
        self.verdicts: Counter[str] = Counter()
        self.items: Counter[str] = Counter()
        self.gaps: list[Gap] = []

    def show(self, inventory: Inventory) -> int:
        """Read and print all; returns the exit code."""
        for listing in _with_progress(inventory.run(), inventory.plan):
            self.gaps += listing.unseen
            self._print(listing.items)
        if not self.as_json:
            self._summary(inventory.aws)
        for gap in self.gaps:
            where = f"{gap.account} {gap.region}".strip()
            warn(f"not seen: {gap.subject} in {where}: {gap.cause}")
        return self._exit_code()

    def _exit_code(self) -> int:
        if self.verdicts["Fail"]:
            return Exit.FINDINGS
        return Exit.UNSEEN if self.gaps or self.verdicts["Unknown"] else Exit.NOTHING

    def show_kept(self, items: Sequence[Item]) -> int:
        """Print items of a past moment; returns the exit code."""
        self._print(items)
        if not self.as_json:
            for name, count in sorted(self.items.items()):
                print(f"{count:7}  {name}")
            print(f"{len(items):7}  resources")
        return self._exit_code()

    def _print(self, items: Iterable[Item]) -> None:
        for item in items:
            self.items[item.type] += 1
            if self.as_json:
                print_json(row(item))
            for check, verdict in self.assessor.judge(item) if self.assessor else ():
                said = type(verdict).__name__
                self.verdicts[said] += 1
                self._print_verdict(item, check.name, said, getattr(verdict, "reason", ""))

    def _print_verdict(self, item: Item, check: str, said: str, reason: str) -> None:
        if self.as_json:
            where = {"account": item.account, "region": item.region}
            print_json({"check": check, "type": item.type, "id": item.id, "verdict": said, "reason": reason, **where})
        elif said in ("Fail", "Unknown"):
            print(printable(f"{said:8}{check}  {item.id}  ({item.region}): {reason}"))

    def _summary(self, aws: Aws) -> None:
        for name, count in sorted(self.items.items()):
            print(f"{count:7}  {name}")
        print(f"{self.items.total():7}  resources, {aws.calls()} calls, {len(self.gaps)} not seen")
        if self.assessor:
            print(", ".join(f"{count} {said}" for said, count in sorted(self.verdicts.items())))


def row(item: Item) -> dict[str, Any]:
    """An item as one JSON object."""
    shown = {
        "type": item.type,
        "id": item.id,
        "account": item.account,
        "region": item.region,
        "arn": item.arn,
        "name": item.name,
        "tags": item.tags,
        "configuration": item.configuration,
        "observed": item.observed,
        "not_collected": item.not_collected,
        "relationships": item.relationships,
        "captured_at": item.captured_at,
    }
    return {key: value for key, value in shown.items() if value or key in ("configuration", "region")}


def _with_progress(listings: Iterator[Listing], plan: Plan) -> Iterator[Listing]:
    """The listings, with a bar on a terminal's standard error."""
    if not sys.stderr.isatty():
        yield from listings
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=len(plan.parts()))
        for listing in listings:
            progress.update(task, advance=1, description=f"{listing.type} {listing.region}")
            yield listing
