import hashlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import Capture, slug, tame
from nephoscope.respond.evidence.box import FOUND
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.respond.evidence.verify import verify

HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "",
    "a\x00b",
    "a\nb\r",
    "\ud800",
    "x" * 100_000,
    "C:\\x",
    "<script>",
    "-rf",
    "é\u202e",
    "a/../../b",
]


def test_a_capture_is_kept_under_a_name_that_holds_its_digest(vault, keep):
    digest = keep(vault.box("run"), "facts/instance.json", b"{}")
    assert digest == hashlib.sha256(b"{}").hexdigest()
    path = vault.storage.root / f"cases/run/captures/{digest}-facts_instance.json"
    assert path.read_bytes() == b"{}"
    assert path.stat().st_mode & 0o777 == 0o400


def test_the_same_again_adds_nothing_and_the_same_name_with_another_content_is_kept_too(vault, keep):
    box = vault.box("run")
    for content in (b"1", b"1", b"2"):
        keep(box, "state", content)
    assert [each.size_bytes for each in box.captures()] == [1, 1]
    assert len(box.seal().captures) == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_in_the_folder_and_in_the_manifest(vault, keep, name):
    box = vault.box("run")
    keep(box, name, b"content")
    box.seal()
    files = [path for path in vault.storage.root.rglob("*") if path.is_file()]
    [kept] = [path for path in files if path.parent.name == "captures"]
    assert kept.resolve().parent == (vault.storage.root / "cases/run/captures").resolve()
    assert verify(vault.storage, vault.keys()).is_proven


@given(st.text(st.characters(exclude_categories=()), max_size=2000))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_name_becomes_one_that_leads_nowhere(name):
    tamed = tame(name)
    tamed.encode()
    assert len(tamed) <= 1_000
    assert set(slug(tamed)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert not slug(tamed).startswith(".")
    assert "/" not in Capture(tamed, "0" * 64, 0, "", "", datetime.now(UTC)).file.removeprefix("captures/")


@pytest.mark.parametrize("run", ["", ".", "..", "a/b", "../x", "a\x00", "x" * 101, "-x", "é"])
def test_a_run_that_cannot_name_a_folder_is_refused(vault, run):
    with pytest.raises(CustodyError, match="cannot name a folder"):
        vault.box(run)


def test_times_are_kept_in_utc_to_the_microsecond(vault):
    box = vault.box("run")
    moment = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    box.add("a", b"a", media_type="", source="", captured_at=moment)
    assert box.seal().captures[0].captured_at == moment


def test_sealed_is_sealed(vault, keep):
    box = vault.box("run")
    keep(box, "a", b"a")
    manifest = box.seal()
    keep(box, "a", b"a")
    with pytest.raises(CustodyError, match="is sealed"):
        keep(box, "b", b"b")
    assert box.seal() == manifest
    assert vault.box("run").seal() == manifest
    assert verify(vault.storage, vault.keys()).is_proven


def test_manifests_form_a_chain_and_carry_the_custody_log(sealed):
    first, second = (sealed.manifest(sealed.sealed(run)) for run in ("run-1", "run-2"))
    assert (first.number, first.previous) == (1, "")
    assert (second.number, second.previous) == (2, sealed.sealed("run-1").sha256)
    assert [entry.what for entry in second.custody] == ["created"]
    assert [entry.what for entry in sealed.custody("run-2")] == ["created", "sealed"]
    assert (second.case, second.finding, second.key_id) == ("case", "finding", sealed.signer.key_id)


def test_what_was_altered_before_sealing_is_not_sealed(vault, keep):
    box = vault.box("run")
    digest = keep(box, "a", b"a")
    path = vault.storage.root / f"cases/run/captures/{digest}-a"
    path.chmod(0o600)
    path.write_bytes(b"b")
    with pytest.raises(CustodyError, match="is not sealed: captures/.* is not what was kept"):
        box.seal()
    with pytest.raises(CustodyError, match="something else has its name"):
        keep(box, "a", b"a")
    path.unlink()
    with pytest.raises(CustodyError, match="cannot be read"):
        box.seal()


def test_a_whole_file_that_no_row_tells_of_is_taken_in(vault):
    box = vault.box("run")
    content = b"whole, but the process ended"
    folder = vault.storage.root / "cases/run/captures"
    folder.mkdir(parents=True)
    (folder / f"{hashlib.sha256(content).hexdigest()}-console.txt").write_bytes(content)
    [capture] = box.seal().captures
    assert (capture.name, capture.source) == ("console.txt", FOUND)


def test_a_planted_file_is_not_sealed(vault):
    box = vault.box("run")
    folder = vault.storage.root / "cases/run/captures"
    folder.mkdir(parents=True)
    (folder / "planted").write_bytes(b"x")
    with pytest.raises(CustodyError, match="no capture"):
        box.seal()


def test_threads_add_side_by_side(vault, keep):
    box = vault.box("run")

    def work(number):
        for each in range(20):
            keep(box, f"of-all/{each}", b"same %d" % each)
            keep(box, f"of-{number}/{each}", b"%d %d" % (number, each))

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(box.seal().captures) == 60
    assert verify(vault.storage, vault.keys()).is_proven


def test_runs_that_seal_side_by_side_form_one_chain(vault, keep):
    boxes = [vault.box(f"run-{number}") for number in range(8)]
    for box in boxes:
        keep(box, "a", box.run.encode())
    threads = [threading.Thread(target=box.seal) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify(vault.storage, vault.keys())
    assert report.is_proven
    assert sorted(manifest.number for manifest in report.manifests.values()) == list(range(1, 9))


WORK = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from nephoscope.config import Config, Evidence
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.store.ledger import open_ledger

config = Config(data=Path(sys.argv[1]) / "data", evidence=Evidence(folder=Path(sys.argv[1]) / "evidence"))
at = datetime(2026, 5, 1, tzinfo=UTC)
with open_ledger(config.ledger_url) as ledger:
    vault = opened_vault(config, ledger)
    print("ready", flush=True)
    for run in range(int(sys.argv[2]), int(sys.argv[2]) + 3):
        box = vault.box(f"run-{run}")
        for number in range(6):
            content = f"{run} {number} ".encode() * 30_000
            box.add(f"fact {number}", content, media_type="text/plain", source="test", captured_at=at)
        print(run, box.seal().number, flush=True)
"""


def working(folder, first):
    return subprocess.Popen(
        [sys.executable, "-c", WORK, str(folder), str(first)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_half_sealed_and_it_goes_on(tmp_path, config, ledger):
    """Thirty kills at random moments of adding and sealing; each time the next start completes what was begun."""
    chance = random.Random(7)
    first, kills, sealed_before = 0, 0, 0
    while kills < 30:
        process = working(tmp_path, first)
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.25))
        process.kill()
        said = [line.split() for line in process.stdout.read().splitlines()]
        process.wait()
        process.stdout.close()
        kills += process.returncode == -9
        vault = opened_vault(config, ledger)
        report = verify(vault.storage, vault.keys())
        assert not report.is_altered, report.flaws
        runs = {manifest.run: manifest for manifest in report.manifests.values()}
        assert all(f"run-{run}" in runs for run, _ in said)
        assert all(len(manifest.captures) == 6 for manifest in runs.values())
        assert len(runs) >= sealed_before
        sealed_before = len(runs)
        assert not list((tmp_path / "evidence/.parts").glob("*"))
        if len(said) == 3:
            first += 3
    done = working(tmp_path, first)
    done.communicate()
    vault = opened_vault(config, ledger)
    report = verify(vault.storage, vault.keys())
    assert report.is_proven
    assert len(report.manifests) == first + 3


FULL = """
import json, resource, signal, sys
exec(sys.argv[3].split("with open_ledger")[0])
from nephoscope.model.errors import CustodyError
with open_ledger(config.ledger_url) as ledger:
    vault = opened_vault(config, ledger)
    box = vault.box("run")
    box.add("small", b"small", media_type="", source="", captured_at=at)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    try:
        box.add("large", b"x" * 2_000_000, media_type="", source="", captured_at=at)
    except CustodyError as error:
        print(json.dumps(str(error)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(len(box.seal().captures), list((Path(sys.argv[1]) / "evidence/.parts").iterdir()))
"""


def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-c", FULL, str(tmp_path), "0", WORK]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said, rest = done.stdout.splitlines()
    assert "cannot be written" in json.loads(said)
    assert "nothing kept before is lost" in json.loads(said)
    assert rest == "1 []"
