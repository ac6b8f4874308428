"""Build the wheel, install it into an empty environment and use it there: the light core, offline.

Run by `make wheel`. Nothing but the wheel and the core's pinned dependencies is installed; the working directory,
HOME and PYTHONPATH hold nothing of the source tree.
"""

import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LIGHT_LIMIT_MB = 80
HELP_LIMIT_S = 0.3
STOP_LOGGING = {
    "eventVersion": "1.09",
    "eventID": "5d1a9d0c-1d5e-4c33-8d8b-9a2b1f1f7a01",
    "eventTime": "2026-01-02T03:04:05Z",
    "eventSource": "cloudtrail.amazonaws.com",
    "eventName": "StopLogging",
    "awsRegion": "eu-west-1",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/example", "accountId": "111122223333"},
    "requestParameters": {"name": "trail"},
    "responseElements": None,
}
FIXED_IN_ONE = {
    "id": "OSV-1",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "a"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0"}]}],
        }
    ],
}
OPEN_FILE_SYSTEM = {
    "type": "AWS::EFS::FileSystem",
    "id": "fs-1",
    "account": "111122223333",
    "region": "eu-west-1",
    "configuration": {"Encrypted": False},
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="nephoscope-wheel-") as folder:
        wheel = build(Path(folder))
        command = install(Path(folder), wheel)
        try_offline(command, Path(folder))
    print("wheel: built, installed into an empty environment, and used there")


def build(folder: Path) -> Path:
    hatch = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(hatch, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    [wheel] = (folder / "dist").glob("*.whl")
    return wheel


def install(folder: Path, wheel: Path) -> Path:
    environment = folder / "venv"
    venv.create(environment, with_pip=True)
    pip = [environment / "bin" / "python", "-m", "pip", "-q", "--disable-pip-version-check", "install"]
    before = size_mb(environment)
    subprocess.run([*pip, "-c", pins(folder), wheel], check=True)
    taken = size_mb(environment) - before
    print(f"wheel: {wheel.stat().st_size / 1e6:.1f} MB; the light core takes {taken:.0f} MB")
    assert taken < LIGHT_LIMIT_MB, "the light core has grown heavy"
    return environment / "bin" / "nephoscope"


def pins(folder: Path) -> Path:
    """The lock's versions without hashes, since the wheel itself has none."""
    lines = (REPOSITORY / "requirements.lock").read_text().splitlines()
    pinned = [re.sub(r" \\$", "", line) for line in lines if re.match(r"[a-z0-9].*==", line)]
    target = folder / "pins.txt"
    target.write_text("\n".join(pinned))
    return target


def size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def try_offline(command: Path, folder: Path) -> None:
    empty = folder / "empty"
    empty.mkdir()
    log = empty / "log.json.gz"
    log.write_bytes(gzip.compress(json.dumps({"Records": [STOP_LOGGING]}).encode()))
    items = empty / "items.jsonl"
    items.write_text(json.dumps(OPEN_FILE_SYSTEM))

    found = run(command, "detect", str(log), "--format", "jsonl", cwd=empty, code=1)
    stopped = [json.loads(line) for line in found.splitlines()]
    assert any(row["event_uid"] == STOP_LOGGING["eventID"] and row["index"] == 0 for row in stopped), found

    judged = run(command, "assess", "--items", str(items), "--format", "jsonl", cwd=empty, code=1)
    verdicts = {row["check"]: row["verdict"] for row in map(json.loads, judged.splitlines())}
    assert verdicts["efs_file_system_is_encrypted"] == "Fail", judged

    template = empty / "main.tf"
    template.write_text('resource "aws_efs_file_system" "open" { encrypted = false }')
    planned = run(command, "assess", str(template), "--format", "jsonl", cwd=empty, code=1)
    assert "efs_file_system_is_encrypted" in planned, planned

    packages, advisory = empty / "packages.jsonl", empty / "advisory.json"
    packages.write_text(json.dumps({"ecosystem": "PyPI", "name": "a", "version": "1.0rc1"}))
    advisory.write_text(json.dumps(FIXED_IN_ONE))
    vulnerable = run(command, "scan", "--packages", str(packages), "--advisories", str(advisory), cwd=empty, code=1)
    assert json.loads(vulnerable)["fixed"] == "1.0", vulnerable

    assert " 0 wrong" in run(command, "rules", "test", cwd=empty, code=0)
    assert "aws_cloudtrail" in run(command, "collect", "--list", cwd=empty, code=0)
    for server in (["up"], ["collect", "--once"], ["sandbox", "seed"], ["findings"]):
        missing = run(command, *server, cwd=empty, code=2)
        assert "pip install 'nephoscope[" in missing, missing

    started = min(timed_help(command, empty) for _ in range(5))
    print(f"wheel: --help takes {started:.2f} CPU s")
    assert started < HELP_LIMIT_S, started


def timed_help(command: Path, cwd: Path) -> float:
    """Its CPU seconds: on an idle machine what a person waits, on a busy one what it is to blame for."""
    before = os.times()
    run(command, "--help", cwd=cwd, code=0)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def run(command: Path, *arguments: str, cwd: Path, code: int) -> str:
    clean = {"PATH": os.environ["PATH"], "HOME": str(cwd)}
    done = subprocess.run([command, *arguments], cwd=cwd, env=clean, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


if __name__ == "__main__":
    main()
