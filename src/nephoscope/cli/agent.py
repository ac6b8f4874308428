"""The program that watches a host: build it, and bring it onto hosts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from nephoscope.cli.output import Exit, print_json, printable, wants_json
from nephoscope.model.errors import ConfigError

app = typer.Typer(rich_markup_mode=None, help=__doc__, add_completion=False, no_args_is_help=True)
KINDS = "cloud-init|terraform|ssm|ansible|image-builder|daemonset"
ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?")
NAME = re.compile(r"[A-Za-z0-9._/:@-]+")


@app.command()
def build(
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")] = Path("nephoscope-agent.pyz"),
) -> None:
    """Build the agent: one file that any Python from 3.8 runs, the same bytes each time; prints its SHA-256.

    Example: nephoscope agent build -o nephoscope-agent.pyz
    """
    from nephoscope.cli._agent_build import archive, digest

    data = archive()
    output.write_bytes(data)
    output.chmod(0o755)
    print(f"{digest(data)}  {output}")


@app.command(name="install-script")
def install_script(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file to write; by default print it.")
    ] = None,
) -> None:
    """Print the script that installs this version of the agent, and nothing but it: it holds the .pyz's SHA-256.

    Example: nephoscope agent install-script -o install.sh
    """
    text = _script()
    if output is None:
        print(text, end="")
        return
    output.write_text(text)
    output.chmod(0o755)


def _script() -> str:
    from nephoscope import __version__
    from nephoscope.cli._agent_build import archive, digest
    from nephoscope.cli._agent_install import script

    return script(__version__, digest(archive()))


@app.command()
def release(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The folder to write; made anew.")],
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sign with this private key (PEM: RSA or EC), readable by you only."),
    ] = None,
) -> int:
    """Write all that hosts fetch: the .pyz, install.sh, the .deb and .rpm, their SHA-256, and its signature.

    \b
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out release.key && chmod 600 release.key
    nephoscope agent release -o dist --key release.key
    openssl dgst -sha256 -verify release.pub -signature SHA256SUMS.sig SHA256SUMS && sha256sum -c SHA256SUMS
    """  # noqa: D301  click's mark for lines that stay as they are
    from nephoscope import __version__
    from nephoscope.cli._agent_build import archive, digest
    from nephoscope.cli._agent_packages import deb, rpm

    program = archive()
    files = {
        "nephoscope-agent.pyz": program,
        "install.sh": _script().encode(),
        f"nephoscope-agent_{__version__}_all.deb": deb(program, __version__),
        f"nephoscope-agent-{__version__}-1.noarch.rpm": rpm(program, __version__),
    }
    files["SHA256SUMS"] = "".join(f"{digest(data)}  {name}\n" for name, data in sorted(files.items())).encode()
    if key:
        from nephoscope.cli._agent_release import signed

        files["SHA256SUMS.sig"], files["release.pub"] = signed(files["SHA256SUMS"], key)
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (output / name).write_bytes(data)
            (output / name).chmod(0o755 if name.endswith((".pyz", ".sh")) else 0o644)
    except OSError as error:
        raise ConfigError(f"{error.filename}: cannot be written: {error.strerror}") from error
    for name in files:
        print(output / name)
    return Exit.NOTHING


@app.command()
def snippets(
    kind: Annotated[str, typer.Argument(metavar=KINDS)],
    server: Annotated[str, typer.Option(metavar="URL", help="The gateway.")] = "https://nephoscope.example.com",
    files: Annotated[
        str, typer.Option(metavar="URL", help="Where hosts fetch install.sh and nephoscope-agent.pyz.")
    ] = "https://files.example.com/nephoscope",
    parameter: Annotated[
        str, typer.Option(help="The SSM parameter that holds a join token.")
    ] = "/nephoscope/join-token",
    image: Annotated[str, typer.Option(help="The container image that holds the agent.")] = "nephoscope-agent:latest",
) -> None:
    """Print what brings the agent onto hosts: for cloud-init, Terraform, SSM, Ansible, Image Builder or Kubernetes.

    Example: nephoscope agent snippets cloud-init --server https://nephoscope.example.com > user-data.yaml
    """
    from nephoscope.cli._agent_build import digest
    from nephoscope.cli._agent_snippets import KINDS as KNOWN
    from nephoscope.cli._agent_snippets import snippet

    if kind not in KNOWN:
        raise typer.BadParameter(f"{kind} is none of {', '.join(KNOWN)}", param_hint="KIND")
    for value, option in ((server, "--server"), (files, "--files")):
        if not ADDRESS.fullmatch(value):
            raise typer.BadParameter(f"{value} is no https:// address", param_hint=option)
    for value, option in ((parameter, "--parameter"), (image, "--image")):
        if not NAME.fullmatch(value):
            raise typer.BadParameter(f"{value} is no name", param_hint=option)
    values = {"server": server.rstrip("/"), "files": files.rstrip("/"), "parameter": parameter, "image": image}
    print(snippet(kind, values | {"script_sha256": digest(_script().encode())}), end="")


@app.command()
def checks(format: Annotated[str, typer.Option(help="`jsonl` for JSON lines.")] = "") -> int:  # noqa: A002 - the option's name
    """List the host benchmark: what each check asks, why, how to mend it, and for which distributions it is.

    Example: nephoscope agent checks --format jsonl
    """
    from nephoscope.agent.benchmark import catalogue

    for each in catalogue():
        if wants_json(format):
            print_json(each)
        else:
            print(printable(f"{each['name']}: {each['title']} ({', '.join(each['families'])})"))
    return Exit.NOTHING
