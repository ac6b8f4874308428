"""`nephoscope rules`: what is looked for, and whether rules match their own examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn

if TYPE_CHECKING:
    from nephoscope.detect.rule import RuleSet

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="List and test detection rules."
)
Folders = Annotated[list[Path] | None, typer.Argument(metavar="[PATH]…", help="Rule files, or folders of them.")]
Format = Annotated[str, typer.Option(metavar="jsonl|text", help="JSON lines, or text for people.")]


@app.command("list")
def list_rules(paths: Folders = None, format: Format = "") -> int:
    """List every rule that comes with Nephoscope, or every rule below the paths.

    Example: nephoscope rules list ./sigma/rules/cloud/aws
    """
    loaded = _loaded(paths)
    for kind in (loaded.rules, loaded.correlations, loaded.python_rules):
        for about in (rule.about for rule in kind):
            if wants_json(format):
                row = {"id": about.id, "title": about.title, "severity": about.severity, "tags": about.tags}
                print_json(row | {"status": about.status, "where": about.where, "is_silent": about.is_silent})
            elif not about.is_silent:
                print(printable(f"{about.severity:13} {about.title}  [{about.where}]"))
    return Exit.UNSEEN if loaded.errors else Exit.NOTHING


@app.command("test")
def run_examples(paths: Folders = None) -> int:
    """Run rules on their own examples; exit code 1 says that one came out wrong, 2 that a rule does not compile.

    Example: nephoscope rules test ./my-rules
    """
    from nephoscope.detect.examples import wrong_examples

    loaded = _loaded(paths)
    wrong = list(wrong_examples(loaded))
    for one in wrong:
        warn(str(one))
    rules = (*loaded.rules, *loaded.correlations)
    examples = sum(len(rule.about.match) + len(rule.about.no_match) for rule in rules)
    bare = sum(not rule.about.match and not rule.about.is_silent for rule in rules)
    print(f"{len(rules)} rules, {examples} examples, {len(wrong)} wrong; {bare} rules without examples.")
    if wrong:
        return Exit.FINDINGS
    return Exit.UNSEEN if loaded.errors else Exit.NOTHING


def _loaded(paths: list[Path] | None) -> RuleSet:
    from nephoscope.detect.loading import load_rules

    loaded = load_rules(paths or (), builtin=not paths)
    for error in loaded.errors:
        warn(f"rule left out: {error}")
    return loaded
