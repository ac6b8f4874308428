"""The commands: one file each, named as the packages they call.

`cli/NAME.py` holds a function NAME (its signature is the options, its docstring the help) or a Typer `app` of
several. Files are imported when their command is asked for, so that `--help` stays fast.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from nephoscope import __version__
from nephoscope.cli.output import Exit, warn
from nephoscope.model.errors import NephoscopeError

COMMANDS = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py") if path.stem != "output")


class Commands(TyperGroup):
    """The commands that the folder holds, each imported when asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return COMMANDS

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"nephoscope.cli.{cmd_name}")
        app = getattr(module, "app", None)
        if app is None:
            app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            app.command(name=cmd_name)(getattr(module, cmd_name))
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=Commands, add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"nephoscope {__version__}")
        raise typer.Exit


@app.callback(help="Watch clouds: what is in them, what happens in them, what is weak in them, and who did it.")
def options(version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True)) -> None:
    """Options of every command."""


def main() -> None:
    """Run the command line; a wrong call exits with 64, an error of ours with 2 and one sentence, a fault with 70."""
    try:
        result = app(standalone_mode=False)
        sys.exit(result if isinstance(result, int) else Exit.NOTHING)
    except NephoscopeError as error:
        for line in f"nephoscope: {error}".splitlines():
            warn(line)
        sys.exit(Exit.UNSEEN)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(Exit.NOTHING)
    except Exception as error:  # noqa: BLE001 - boundary: a command; a fault of ours must not read as findings
        if not callable(show := getattr(error, "show", None)):
            traceback.print_exc()
            sys.exit(Exit.BROKEN)
        show()  # a wrong call, as click says it (typer carries a click of its own)
        sys.exit(Exit.USAGE)
