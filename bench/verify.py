"""File integrity beside AIDE: a tree of 100,000 files written down and checked, sha256 and equal attributes."""

import random
import shutil
import tempfile
from pathlib import Path

from bench.figure import Figure, nephoscope, run

FILES, FOLDERS = 100_000, 5_000
WITHIN_S = 220
SIZES = (200, 1_500, 4_000, 9_000, 30_000)  # bytes; each as often as the others
ATTRIBUTES = "ftype+p+i+l+n+u+g+s+m+c+acl+xattrs+sha256"  # what our manifest holds
RULES = """database_in=file:{folder}/old
database_out=file:{folder}/new
gzip_dbout=no
report_url=file:{folder}/report
{tree} {attributes}
"""


def build(tree):
    """Make the tree, the same every time."""
    chosen = random.Random(7)
    noise = chosen.randbytes(max(SIZES) + FILES)
    for folder in range(FOLDERS):
        place = tree / f"{folder % 50:02}" / f"d{folder:04}"
        place.mkdir(parents=True)
        for number in range(FILES // FOLDERS):
            start = folder * (FILES // FOLDERS) + number
            (place / f"file-{number:02}.txt").write_bytes(noise[start : start + chosen.choice(SIZES)])


def aide(folder, tree):
    """CPU seconds of AIDE's init and check; None where it is not installed."""
    if not shutil.which("aide"):
        return None
    config = folder / "aide.conf"
    config.write_text(RULES.format(folder=folder, tree=tree, attributes=ATTRIBUTES))
    init = run(["aide", "--config", str(config), "--init"], WITHIN_S)
    (folder / "new").rename(folder / "old")
    check = run(["aide", "--config", str(config), "--check"], WITHIN_S)
    if init.code or check.code:
        raise SystemExit(f"aide ended with {init.code} and {check.code}: it is not compared")
    return init, check


def ours(folder, tree):
    """What our baseline, full check and fast check took."""
    file = folder / "baseline"
    check = nephoscope("verify", "check", tree, "--baseline", file)
    runs = (
        run(nephoscope("verify", "baseline", tree, "-o", file), WITHIN_S),
        run([*check, "--full"], WITHIN_S),
        run([*check, "--rehash", "0"], WITHIN_S),
    )
    if any(each.code for each in runs):
        raise SystemExit(f"verify ended with {[each.code for each in runs]}")
    return runs, file.stat().st_size


def figures():
    """Both in turn on one warm tree; ratios are of CPU seconds, user and system."""
    with tempfile.TemporaryDirectory() as name:
        folder, tree = Path(name), Path(name) / "tree"
        build(tree)
        (init, full, fast), size = ours(folder, tree)
        found = [
            Figure("verify: baseline of 100,000 files", init.cpu_s, "CPU s"),
            Figure("verify: check, every file read", full.cpu_s, "CPU s"),
            Figure("verify: check, fast path (nothing due)", fast.cpu_s, "CPU s"),
            Figure("verify: peak memory of the three", max(init.peak_mb, full.peak_mb, fast.peak_mb), "MB", 60),
            Figure("verify: size of the baseline", size / 1e6, "MB"),
        ]
        other = aide(folder, tree)
    if other is None:
        return [*found, Figure("AIDE is not installed: nothing compared (apt-get install aide)", 0, "")]
    return [
        *found,
        Figure(f"AIDE init, {ATTRIBUTES}", other[0].cpu_s, "CPU s"),
        Figure("AIDE check", other[1].cpu_s, "CPU s"),
        Figure("init: AIDE's CPU as a multiple of ours", other[0].cpu_s / init.cpu_s, "×", 5, at_least=True),
        Figure("check, every file read: likewise", other[1].cpu_s / full.cpu_s, "×", 9, at_least=True),
        Figure("check, fast path: likewise", other[1].cpu_s / fast.cpu_s, "×", 30, at_least=True),
    ]
