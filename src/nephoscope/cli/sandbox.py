"""A small AWS on this machine that logs like the real one, with a company and incidents to play in it."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path

import typer

from nephoscope.cli.output import print_json, wants_json, warn
from nephoscope.config import default_data
from nephoscope.model.errors import ConfigError, MissingExtra

app = typer.Typer(rich_markup_mode=None, help=__doc__, add_completion=False, no_args_is_help=True)
FOLDER = typer.Option(default_data() / "sandbox" / "aws", "--folder", help="Where the sandbox keeps its state.")
ENDPOINT = typer.Option("", "--endpoint-url", help="A sandbox that runs; by default the one that uses the folder.")
FORMAT = typer.Option("", "--format", help="`jsonl` for JSON lines.")


@app.command()
def up(
    folder: Path = FOLDER,
    port: int = typer.Option(4577, "--port", help="0 for any free one."),
    delivery_s: float = typer.Option(2.0, "--delivery-s", help="Seconds between deliveries of log files."),
    digest_s: float = typer.Option(60.0, "--digest-s", help="Seconds between digests."),
    format: str = FORMAT,  # noqa: A002 - the option's name
) -> None:
    """Run the sandbox until Ctrl-C, or `nephoscope sandbox down`.

    Example: nephoscope sandbox up --port 4577 --folder ./my-sandbox
    """
    _require()
    from nephoscope.sandbox.pace import Pace
    from nephoscope.sandbox.server import run

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = folder / "endpoint.json"

    def ready(endpoint_url: str, replayed: int) -> None:
        address.write_text(json.dumps({"endpoint_url": endpoint_url, "pid": os.getpid()}))
        _print_ready(endpoint_url, folder, replayed, format)
        sys.stdout.flush()  # whoever reads a pipe waits for this

    try:
        run(folder, port, Pace(delivery_s, digest_s), ready)
    finally:
        address.unlink(missing_ok=True)


def _print_ready(endpoint_url: str, folder: Path, replayed: int, chosen: str) -> None:
    if wants_json(chosen):
        print_json({"endpoint_url": endpoint_url, "folder": str(folder), "replayed": replayed})
        return
    print(f"The sandbox answers at {endpoint_url}; its state is in {folder} ({replayed} calls replayed).")
    print("Talk to it as an account's root user, with any AWS client:")
    print(f"  export AWS_ENDPOINT_URL={endpoint_url}")
    print("  export AWS_ACCESS_KEY_ID=AKIAROOT111111111111 AWS_SECRET_ACCESS_KEY=sandbox AWS_DEFAULT_REGION=us-east-1")
    print("Then: nephoscope sandbox seed; nephoscope sandbox incident leaked_access_key. Ctrl-C ends it.")


@app.command()
def seed(folder: Path = FOLDER, endpoint_url: str = ENDPOINT) -> None:
    """Fill the sandbox with a company: an organisation of three accounts, good and bad configuration mixed.

    Example: nephoscope sandbox seed --folder ./my-sandbox
    """
    _require()
    from nephoscope.sandbox.company import seed as seed_company
    from nephoscope.sandbox.company.keep import keep

    company = seed_company(_endpoint(folder, endpoint_url), progress=warn)
    path = keep(company, folder)
    accounts = {account.name: account.id for account in company.accounts}
    print_json({"company": str(path), "resources": len(company.resources), "accounts": accounts})


@app.command()
def incident(
    name: str = typer.Argument(""),
    folder: Path = FOLDER,
    endpoint_url: str = ENDPOINT,
    pace_s: float = typer.Option(0.0, "--pace-s", help="Seconds between the attacker's steps."),
) -> None:
    """Play an incident; without a name, say which there are.

    Example: nephoscope sandbox incident leaked_access_key --pace-s 1
    """
    _require()
    from nephoscope.sandbox.company.keep import recall
    from nephoscope.sandbox.stage import incidents

    plays = incidents()
    if not name:
        for known in sorted(plays):
            print(known)
        return
    if name not in plays:
        raise typer.BadParameter(f"there is no incident {name!r}; there are {', '.join(sorted(plays))}")
    address = _endpoint(folder, endpoint_url)
    done = plays[name](address, company=recall(folder, address), pace_s=pace_s, tell=warn)
    print_json({"incident": name, "steps": len(done)})


@app.command()
def down(folder: Path = FOLDER, endpoint_url: str = ENDPOINT) -> None:
    """Stop a sandbox that runs.

    Example: nephoscope sandbox down --folder ./my-sandbox
    """
    from nephoscope.sandbox.control import steer

    address = _endpoint(folder, endpoint_url)
    steer(address, "stop")
    warn(f"the sandbox at {address} is stopping")


def _require() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("moto", "flask", "cryptography")):
        raise MissingExtra("the sandbox", "sandbox")


def _endpoint(folder: Path, given: str) -> str:
    if given:
        return given
    try:
        return str(json.loads((folder / "endpoint.json").read_text())["endpoint_url"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"no sandbox runs in {folder}; start it with 'nephoscope sandbox up'") from error
