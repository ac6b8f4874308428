"""`nephoscope scan instance` and `image`: packages from disks of a cloud and images of registries, without an agent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._registry import (
    ECR,
    AllowPrivateOption,
    Asked,
    AuthOption,
    CacheOption,
    PlainHttpOption,
    registry_of,
)
from nephoscope.cli._sbom import PlatformOption
from nephoscope.cli._store import configured, opened_ledger
from nephoscope.cli.output import Exit, print_json, wants_json, warn

if TYPE_CHECKING:
    from nephoscope.config import Config
    from nephoscope.pipeline.agentless import Outcome
    from nephoscope.scan.images.registry import Registry

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
AccountOption = Annotated[str, typer.Option(help="Its account, by name or id; else the only one with a scan_role.")]
RegionOption = Annotated[str, typer.Option(help="In which region; else the only one that its account names.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|text", help="JSON lines, or text for people.")]


def instance(
    instance_id: Annotated[str, typer.Argument(metavar="INSTANCE_ID", help="i-0abc…")],
    account: AccountOption = "",
    region: RegionOption = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Find the packages on an EC2 instance's disks, through snapshots that are deleted again; nothing runs on it.

    \b
    nephoscope scan instance i-0abc1234def567890 --account prod --region eu-west-1

    They are kept as a look at the instance, so that `vulnerabilities` and findings name it.

    Exit code: 0 all was read, 2 something could not be read or the instance was not scanned, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    return _scan("AWS::EC2::Instance", "i-", instance_id, account, region, format, configured(config, data))


def function(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The function's name.")],
    account: AccountOption = "",
    region: RegionOption = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Find the packages of a Lambda function: those in its code and in its layers.

    \b
    nephoscope scan function resize-images --account prod --region eu-west-1

    Exit code: 0 all was read, 2 something could not be read or the function was not scanned, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    loaded = configured(config, data)
    place = _place(loaded, account, region)
    _check_format(format)
    with opened_ledger(loaded) as ledger:
        from nephoscope.clouds.named import scanning_of
        from nephoscope.keep import Stores
        from nephoscope.pipeline.functions import FUNCTION, FunctionScans
        from nephoscope.store.packages import Target

        scans = FunctionScans(Stores(_NO_LAKE, ledger, _Silent()), scanning_of(loaded))
        outcome = scans.scan(Target(FUNCTION, name, *place))
    _print(outcome, as_json=wants_json(format))
    return Exit.NOTHING if outcome.state == "scanned" else Exit.UNSEEN


def _check_format(format: str) -> None:
    if format not in ("", "jsonl", "text"):
        raise typer.BadParameter(f"{format} is neither jsonl nor text", param_hint="--format")


def image(
    image_id: Annotated[str, typer.Argument(metavar="IMAGE", help="ami-0abc…, or REGISTRY/NAME:TAG")],
    account: AccountOption = "",
    region: RegionOption = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
    platform: PlatformOption = "",
    auth: AuthOption = None,
    cache: CacheOption = None,
    allow_private: AllowPrivateOption = False,
    plain_http: PlainHttpOption = False,
) -> int:
    """Find the packages of an AMI, from the snapshots that it is made of, or of a container image in a registry.

    \b
    nephoscope scan image ami-0abc1234def567890 --account prod --region eu-west-1
    nephoscope scan image registry.example/team/app:1.4

    They are kept as a look at the image, a container image's under its digest.

    Exit code: 0 all was read, 2 something could not be read or the image was not scanned, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    from nephoscope.scan.images.reference import reference_of

    _check_format(format)
    reference = reference_of(image_id)
    if reference is None:
        return _scan("AWS::EC2::Image", "ami-", image_id, account, region, format, configured(config, data))
    asked = Asked(auth, account, config, cache, allow_private, plain_http)
    return _pull(registry_of(reference, platform, asked), format, configured(config, data))


def _pull(registry: Registry, format: str, config: Config) -> int:
    """Look at an image of a registry, and keep what was found."""
    from datetime import UTC, datetime

    from nephoscope.pipeline.agentless import outcome_of
    from nephoscope.scan.images.pulling import pull
    from nephoscope.store.packages import Target, put_look

    ecr = ECR.fullmatch(registry.reference.registry)
    place = (ecr["account"], ecr["region"]) if ecr else ("", "")
    with opened_ledger(config) as ledger:
        found = list(pull(registry))
        id_ = f"{registry.reference.registry}/{registry.reference.name}@{registry.digest or registry.reference.wanted}"
        outcome = outcome_of(Target("image", id_, *place, str(registry.reference)), found)
        if registry.digest:
            with ledger.write() as connection:
                put_look(connection, outcome.target, outcome.packages, "registry", datetime.now(UTC), outcome.cause)
    _print(outcome, as_json=wants_json(format))
    return Exit.NOTHING if outcome.state == "scanned" else Exit.UNSEEN


def _scan(type_: str, prefix: str, id_: str, account: str, region: str, format: str, config: Config) -> int:
    if not id_.startswith(prefix) or not id_.removeprefix(prefix).isalnum():
        named = " or is REGISTRY/NAME:TAG" if prefix == "ami-" else ""
        raise typer.BadParameter(f"{id_} is none: it begins with {prefix}{named}")
    _check_format(format)
    place = _place(config, account, region)
    with opened_ledger(config) as ledger:
        from nephoscope.clouds.named import scanning_of
        from nephoscope.keep import Stores
        from nephoscope.pipeline.agentless import Agentless
        from nephoscope.store.packages import Target

        stores = Stores(_NO_LAKE, ledger, _Silent())
        outcome = Agentless(stores, scanning_of(config)).scan(Target(type_, id_, *place))
    _print(outcome, as_json=wants_json(format))
    return Exit.NOTHING if outcome.state == "scanned" else Exit.UNSEEN


def _place(config: Config, account: str, region: str) -> tuple[str, str]:
    """The account's id and the region. Raises BadParameter where they are not said and not the only ones."""
    scanned = {name: each for name, each in config.accounts.items() if each.scan_role}
    chosen = [each for name, each in scanned.items() if account in (name, each.id, "")]
    if len(chosen) != 1 or not chosen[0].id:
        names = ", ".join(sorted(scanned)) or "none"
        said = f"name one account that has an id and a scan_role; there are: {names}"
        raise typer.BadParameter(said, param_hint="--account")
    regions = chosen[0].regions
    if not region and len(regions) != 1:
        raise typer.BadParameter("say in which region it is", param_hint="--region")
    return chosen[0].id, region or regions[0]


def _print(outcome: Outcome, *, as_json: bool) -> None:
    for note in outcome.notes:
        warn(f"{outcome.target.id}: {note}")
    if outcome.cause:
        warn(f"{outcome.target.id}: {outcome.cause}")
    if as_json:
        print_json(row_of(outcome))
    else:
        read = f"{outcome.fetched_bytes / 1e6:.0f} MB read"
        print(f"{outcome.target.id}: {outcome.state}, {len(outcome.packages)} packages, {read}")


def row_of(outcome: Outcome) -> dict[str, Any]:
    """An outcome as a line."""
    target = outcome.target
    where = {"id": target.id, "type": target.type, "account": target.account, "region": target.region}
    said = {name: getattr(outcome, name) for name in ("state", "fetched_bytes", "cause", "permission", "notes")}
    return where | {"packages": len(outcome.packages)} | said


class _Silent:
    """Who is told of gaps: nobody, as the outcome is printed."""

    def found(self, finding: Any) -> None: ...
    def cannot_see(self, gap: Any) -> None: ...
    def sees_again(self, gap: Any) -> None: ...


_NO_LAKE: Any = None  # a look is kept in the ledger alone
