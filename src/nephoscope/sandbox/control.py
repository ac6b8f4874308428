"""Starting and steering a sandbox from outside its process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import MissingExtra, StoreError
from nephoscope.sandbox.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_S = 120
STOP_S = 30


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that runs. endpoint_url: for `AWS_ENDPOINT_URL`. replayed: how many calls its folder held."""

    endpoint_url: str
    folder: Path
    pid: int
    replayed: int = 0

    def steer(self, path: str, **given: Any) -> Any:
        """Ask the sandbox itself for something: health, deliver, digest, disk, console-login, stop, …"""
        return steer(self.endpoint_url, path, **given)

    def environment(self, account: str = "111111111111", region: str = "us-east-1") -> dict[str, str]:
        """The variables with which any AWS client talks to the sandbox as an account's root user."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": f"AKIAROOT{account}",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_DEFAULT_REGION": region,
        }


def steer(endpoint_url: str, path: str, **given: Any) -> Any:
    """Post to a path of the sandbox's own. Raises StoreError with its words where it refuses."""
    if not endpoint_url.startswith("http://127.0.0.1:"):
        raise StoreError(f"{endpoint_url} is no sandbox: a sandbox listens on http://127.0.0.1")
    request = urllib.request.Request(  # noqa: S310 - loopback, checked above
        f"{endpoint_url}/_sandbox/{path}", json.dumps(given).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise StoreError(f"sandbox {path}: {error.read().decode('utf-8', 'replace')}") from error
    except OSError as error:
        raise StoreError(
            f"no sandbox answers at {endpoint_url}: {error}; start one with 'nephoscope sandbox up'"
        ) from error


@contextmanager
def start(folder: Path | str | None = None, port: int = 0, pace: Pace | None = None) -> Iterator[Sandbox]:
    """Run a sandbox in a process of its own for as long as the block lasts; it ends with this process at the latest.

    folder: where its state is kept, a temporary one by default. port: 0 for any free one. Raises MissingExtra where
    moto is not installed, StoreError where the sandbox does not start.
    """
    if folder is None:
        with (
            tempfile.TemporaryDirectory(prefix="nephoscope-sandbox-") as temporary,
            start(temporary, port, pace) as one,
        ):
            yield one
        return
    process = spawn(Path(folder), port, pace or Pace())
    try:
        yield wait_ready(process, Path(folder))
    finally:
        stop(process)


def spawn(folder: Path, port: int, pace: Pace) -> subprocess.Popen[bytes]:
    """Start the sandbox's process."""
    require_moto()
    command = [sys.executable, "-m", "nephoscope.sandbox.server", "--folder", str(folder), "--port", str(port)]
    command += ["--delivery-s", str(pace.delivery_s), "--digest-s", str(pace.digest_s)]
    command += ["--flow-log-s", str(pace.flow_log_s), "--with-parent"]
    paths = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    environment |= {"PYTHONPATH": paths}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )  # noqa: S603


def require_moto() -> None:
    """Raise MissingExtra where the sandbox's packages are not installed."""
    import importlib.util

    if any(importlib.util.find_spec(name) is None for name in ("moto", "flask", "cryptography")):
        raise MissingExtra("the sandbox", "sandbox")


def wait_ready(process: subprocess.Popen[bytes], folder: Path) -> Sandbox:
    """Wait for the sandbox's first line."""
    line = process.stdout.readline() if process.stdout else b""
    if not line.strip():
        code = process.wait(STOP_S)
        raise StoreError(f"the sandbox in {folder} did not start (exit {code}); its last words are above")
    ready = json.loads(line)
    return Sandbox(ready["endpoint_url"], folder, process.pid, ready["replayed"])


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process, gently first."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
