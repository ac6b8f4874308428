"""What a measurement says, and how processes are measured."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("NEPHOSCOPE_SHARED", REPOSITORY.parent / "shared"))


@dataclass(frozen=True)
class Figure:
    """One measured number. target: the most (or, with at_least, the least) it may be; None where none is set."""

    what: str
    measured: float
    unit: str
    target: float | None = None
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """Whether the target is met; empty where there is none."""
        if self.target is None:
            return ""
        return "met" if (self.measured >= self.target if self.at_least else self.measured <= self.target) else "MISSED"

    @property
    def aim(self) -> str:
        """The target as a table shows it."""
        if self.target is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {number(self.target)} {self.unit}"


@dataclass(frozen=True)
class Run:
    """What a process took. cpu_s: with the children it waited for; peak_mb: of the largest of them."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int


def number(value: float) -> str:
    """A number as people read it: three figures, thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def environment(**more):
    """The environment of a measured process: ours without anybody's cloud settings, compiled code kept as usual."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "NEPHOSCOPE_", "MOTO_"))}
    paths = os.pathsep.join(filter(None, [str(REPOSITORY / "src"), str(REPOSITORY), kept.get("PYTHONPATH", "")]))
    if kept.pop("PYTHONDONTWRITEBYTECODE", ""):
        kept["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / f"nephoscope-bench-{os.getuid()}")
    return kept | {"PYTHONPATH": paths, "AWS_EC2_METADATA_DISABLED": "true"} | more


def run(command, within_s, stdout=None, env=None):
    """Run a command to its end and say what it took. Raises TimeoutError, having ended it, after `within_s`."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=stdout, env=env or environment())
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        if time.perf_counter() - began > within_s:
            process.kill()
            os.wait4(process.pid, 0)
            raise TimeoutError(f"{' '.join(map(str, command))} took more than {within_s} s")
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def nephoscope(*arguments):
    """The command line that runs the product of this checkout."""
    return [sys.executable, "-m", "nephoscope", *map(str, arguments)]


def shared(name):
    """A folder of the data that lie beside the checkout. Raises SystemExit with a sentence where they do not."""
    found = SHARED / name
    if not found.exists():
        raise SystemExit(
            f"{found} is not there: put the shared data beside the checkout, or name it: NEPHOSCOPE_SHARED"
        )
    return found


def percentile(values, share):
    """The smallest value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
