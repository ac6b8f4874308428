"""How commands reach an image in a registry: with which credentials, through which cache."""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.agent.packages.package import Found
    from nephoscope.scan.images.reference import Reference
    from nephoscope.scan.images.registry import Credentials, Registry

ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
DEADLINE_S = 1800.0  # of one part of an image

AuthOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help='Credentials of registries: {"auths": {HOST: {"auth": …}}}, as Docker keeps them.'
    ),
]
AccountOption = Annotated[str, typer.Option(metavar="NAME", help="The configured account that reads an image in ECR.")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml, where --account is named.")]
CacheOption = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where layers are kept; else nephoscope/images in the user's cache."),
]
AllowPrivateOption = Annotated[
    bool, typer.Option("--allow-private", help="The registry may be in a private network, or on this machine.")
]
PlainHttpOption = Annotated[bool, typer.Option("--plain-http", help="Ask without TLS; only with --allow-private.")]


@dataclass(frozen=True)
class Asked:
    """What a command says of registries."""

    auth: Path | None
    account: str
    config: Path | None
    cache: Path | None
    allow_private: bool
    plain_http: bool


def pulled(reference: Reference, platform: str, asked: Asked) -> Iterator[Found]:
    """What is found in an image of a registry. Raises as `registry_of`."""
    from nephoscope.scan.images.pulling import pull

    return pull(registry_of(reference, platform, asked))


def registry_of(reference: Reference, platform: str, asked: Asked) -> Registry:
    """An image in its registry. Raises BadParameter for credentials that are none."""
    from nephoscope.clouds.safe_address import Network
    from nephoscope.clouds.safe_http import SafeHttp
    from nephoscope.scan.images.cache import Cache
    from nephoscope.scan.images.registry import Registry

    if asked.plain_http and not asked.allow_private:
        raise typer.BadParameter(
            "is spoken in private networks only: say --allow-private too", param_hint="--plain-http"
        )
    http = SafeHttp(Network(allow_private=asked.allow_private, deadline_s=DEADLINE_S))
    cache = Cache(asked.cache or _cache_folder())
    cache.prune()
    scheme = "http" if asked.plain_http else "https"
    return Registry(http, reference, cache, _credentials(reference, asked), platform, scheme)


def _cache_folder() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if named else Path.home() / ".cache") / "nephoscope" / "images"


def _credentials(reference: Reference, asked: Asked) -> Credentials | None:
    if asked.account:
        return _of_ecr(reference, asked)
    return _of_file(reference.registry, asked.auth) if asked.auth else None


def _of_file(registry: str, file: Path) -> Credentials | None:
    """The credentials of exactly this registry; None if the file has none of it."""
    from nephoscope.scan.images.reference import DOCKER_HUB_HOST

    try:
        auths: Any = json.loads(file.read_bytes()).get("auths", {})
        names = (registry, *(("https://index.docker.io/v1/",) if registry == DOCKER_HUB_HOST else ()))
        found = next((auths[name] for name in names if name in auths), None)
        return _decoded(found["auth"]) if found else None
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="--auth") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise typer.BadParameter(
            f"{file} does not hold credentials as Docker keeps them", param_hint="--auth"
        ) from error


def _decoded(auth: str) -> Credentials:
    from nephoscope.scan.images.registry import Credentials

    user, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
    if not colon:
        raise ValueError("no password")
    return Credentials(user, password)


def _of_ecr(reference: Reference, asked: Asked) -> Credentials:
    """A token of ECR's, for a registry whose host is ECR's and names the account and region."""
    from nephoscope.clouds.named import account_clouds
    from nephoscope.config import load

    found = ECR.fullmatch(reference.registry)
    if found is None:
        raise typer.BadParameter(f"{reference.registry} is no registry of ECR", param_hint="--account")
    aws = account_clouds(load(asked.config, None), asked.account).aws
    answer = aws.call("ecr", "GetAuthorizationToken", region=found["region"], account=aws.account_ids()[0])
    return _decoded(answer["authorizationData"][0]["authorizationToken"])
