"""`python -m bench [NAME…]`: measure what is claimed. `--list` names the measurements.

A module in this folder that has `figures() -> list[Figure]` is a measurement, and so is one that prints its own table
from `main()`. Nothing is written into the repository.
"""

import argparse
import ast
import importlib
import subprocess
import sys
from pathlib import Path

from bench.figure import environment, number

FOLDER = Path(__file__).parent


def measurements():
    """{name: (has figures, its first sentence)}"""
    found = {}
    for file in sorted(FOLDER.glob("*.py")):
        tree = ast.parse(file.read_text())
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        if not file.stem.startswith("_") and functions & {"figures", "main"}:
            said = (ast.get_docstring(tree) or "").partition("\n")[0]
            found[file.stem] = ("figures" in functions, said)
    return found


def measure(name, has_figures):
    """Run one measurement and print its table; answers whether all its targets were met."""
    command = f"python -m bench {name}"
    print(f"\n## {name}\n", flush=True)
    if not has_figures:
        return subprocess.run([sys.executable, "-m", f"bench.{name}"], env=environment()).returncode == 0
    figures = importlib.import_module(f"bench.{name}").figures()
    print("| what | measured | target | | command |\n|---|---|---|---|---|")
    for each in figures:
        print(f"| {each.what} | {number(each.measured)} {each.unit} | {each.aim} | {each.verdict} | `{command}` |")
    return all(each.verdict != "MISSED" for each in figures)


def main():
    """Run the measurements that are named, all if none is; exit 1 if a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="name the measurements and stop")
    options = parser.parse_args()
    known = measurements()
    if options.list:
        for name, (_, said) in known.items():
            print(f"{name:12} {said}")
        return 0
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no measurement {', '.join(unknown)}; there are {', '.join(known)}")
    met = [measure(name, known[name][0]) for name in options.names or known]
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
