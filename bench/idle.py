"""`nephoscope up` on the sandbox: seconds to ready and to the first pass's end, memory and CPU while idle.

Started twice in one folder: the first start builds the company, the second finds it. Memory and CPU are read from
/proc, of `up` and of the sandbox's process separately, after the accounts were read once.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from bench.figure import Figure, environment, nephoscope

READY, READ = " ready\n", "found at the first look"
READY_WITHIN_S, READ_WITHIN_S, SETTLE_S, IDLE_S = 120, 240, 15, 30
TICKS = os.sysconf("SC_CLK_TCK")


def figures():
    """One first and one second start."""
    with tempfile.TemporaryDirectory() as name:
        first = _start(name, is_first=True)
        second = _start(name, is_first=False)
    return [
        Figure("time to ready, first start (builds the sandbox's company)", first["ready_s"], "s"),
        Figure("time to ready, second start", second["ready_s"], "s"),
        Figure("accounts read once after a first start", first["read_s"], "s"),
        Figure("idle memory of `up`", first["up_mb"], "MB"),
        Figure("… of it private", first["up_private_mb"], "MB"),
        Figure("idle memory of the sandbox", first["sandbox_mb"], "MB"),
        Figure("idle CPU of `up`", first["up_cpu"] * 100, "% of a core"),
        Figure("idle CPU of the sandbox", first["sandbox_cpu"] * 100, "% of a core"),
        Figure("stopped after SIGTERM", first["stop_s"], "s"),
    ]


def _start(folder, is_first):
    command = nephoscope("up", "--data", folder, "--no-incident")
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(), cwd=folder)
    try:
        lines = _lines(process)
        found = {"ready_s": _until(lines, READY, READY_WITHIN_S) - began}
        if is_first:
            found["read_s"] = _until(lines, READ, READ_WITHIN_S) - began
            time.sleep(SETTLE_S)
            found |= _idle(process.pid)
        began = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        return found | {"stop_s": time.perf_counter() - began}
    finally:
        process.kill()
        process.wait()


def _lines(process):
    told = queue.Queue()
    threading.Thread(target=lambda: [told.put(line) for line in process.stdout], daemon=True).start()
    return told


def _until(lines, words, within_s):
    """When a line with these words was printed. Raises queue.Empty if none is."""
    end = time.perf_counter() + within_s
    while True:
        line = lines.get(timeout=max(0.01, end - time.perf_counter()))
        if words in line:
            return time.perf_counter()


def _idle(pid):
    """Memory, and CPU over half a minute, of a process and of its child, the sandbox."""
    [child] = _children(pid)
    before = {each: _ticks(each) for each in (pid, child)}
    time.sleep(IDLE_S)
    spent = {each: (_ticks(each) - before[each]) / TICKS / IDLE_S for each in (pid, child)}
    return {
        "up_mb": _memory(pid, "Rss"),
        "up_private_mb": _memory(pid, "Private_Clean") + _memory(pid, "Private_Dirty"),
        "sandbox_mb": _memory(child, "Rss"),
        "up_cpu": spent[pid],
        "sandbox_cpu": spent[child],
    }


def _children(pid):
    """Children that any of a process's threads started."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(one) for task in tasks for one in (task / "children").read_text().split()]


def _ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(fields[11]) + int(fields[12])


def _memory(pid, what):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    return 0.0
