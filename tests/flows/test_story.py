"""A newcomer's story: `nephoscope up`, a finding that names who did it, a kill, a second start, Ctrl-C, a look back."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytest.importorskip("moto")
pytest.importorskip("chdb")

pytestmark = pytest.mark.slow
PATIENCE_S = 300
FIRST_FINDING_S = 120
READY_AGAIN_S = 60
COMMAND = [sys.executable, "-m", "nephoscope"]


def environment():
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "NEPHOSCOPE_"))}
    return kept | {"PYTHONPATH": os.pathsep.join(sys.path)}


class Up:
    """`nephoscope up` without a terminal, in a session of its own, and what it has said."""

    def __init__(self, data, *more):
        command = [*COMMAND, "up", "--data", str(data), *more]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(),
            cwd=data.parent,
            start_new_session=True,
        )
        self.began = time.monotonic()
        self.said = []
        self.lines = queue.Queue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip())
        self.lines.put(None)

    def wait_for(self, *words, within_s=PATIENCE_S):
        """Seconds until a line that has all the words; fails where none comes."""
        began = time.monotonic()
        while (left := within_s - (time.monotonic() - began)) > 0:
            try:
                line = self.lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                break
            self.said.append(line)
            if all(word in line for word in words):
                return time.monotonic() - began
        return pytest.fail(f"no line with {words} in {within_s} s; said were:\n" + "\n".join(self.said[-40:]))

    def end(self, number, *, whole_group):
        """Send a signal, to the group as a terminal does or to the one process; returns the exit code."""
        (os.killpg if whole_group else os.kill)(self.process.pid, number)
        code = self.process.wait(60)
        while (line := self.lines.get(timeout=30)) is not None:
            self.said.append(line)
        self.process.stdout.close()
        return code

    @property
    def findings(self):
        """What was printed of findings, without the time."""
        return [line.partition(" ")[2] for line in self.said if " FINDING " in line]


def processes():
    """{id: (parent's id, command)} of all that live."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if fields[0] != "Z":
            found[int(folder.name)] = (int(fields[1]), command)
    return found


def family(ancestor):
    """{id: command} of a process and all that it started, and they."""
    living = processes()
    known = {ancestor}
    while more := {each for each, (parent, _) in living.items() if parent in known} - known:
        known |= more
    return {each: living[each][1] for each in known if each in living}


def left_of(started, within_s=30):
    """Which of some processes still live after a while."""
    end = time.monotonic() + within_s
    while True:
        living = processes()
        left = {each: command for each, command in started.items() if living.get(each, (0, ""))[1] == command}
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.2)


def nephoscope(*arguments):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, env=environment(), timeout=120, check=False
    )


@dataclass
class Story:
    """What happened. killed: the first run, ended by SIGKILL; stopped: the second one, ended by Ctrl-C."""

    data: Path
    killed: Up = None
    stopped: Up = None
    ready_s: list = field(default_factory=list)
    finding_s: list = field(default_factory=list)
    started: list = field(default_factory=list)
    left: list = field(default_factory=list)
    refused: subprocess.CompletedProcess = None
    code: int = None


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Started, killed at the first finding, started again, a second one tried, and stopped."""
    told = Story(tmp_path_factory.mktemp("story") / "data")
    running = []
    try:
        for number in (signal.SIGKILL, signal.SIGINT):
            up = Up(told.data)
            running.append(up)
            told.ready_s.append(up.wait_for(" ready"))
            told.finding_s.append(up.wait_for(" FINDING ", " by arn:aws:"))
            told.started.append(family(up.process.pid))
            if number is signal.SIGKILL:
                told.killed = up
                up.end(number, whole_group=False)
            else:
                told.stopped = up
                told.refused = nephoscope("up", "--data", told.data, "--for-s", 5)
                told.code = up.end(number, whole_group=True)
            told.left.append(left_of(told.started[-1]))
        yield told
    finally:
        for process in (process for up in running for process in family(up.process.pid)):
            os.kill(process, signal.SIGKILL)
        for up in running:
            up.process.wait(60)
            up.listener.join(60)
            up.process.stdout.close()


def findings_of(story, *more):
    done = nephoscope("findings", "--data", story.data, "--format", "jsonl", *more)
    assert done.returncode == 1, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_first_finding_with_its_actor_comes_within_two_minutes_of_being_ready(story):
    assert story.finding_s[0] < FIRST_FINDING_S
    assert any(":user/" in line.partition(" by ")[2] for line in story.killed.findings)


def test_its_own_reading_raises_no_finding(story):
    assert not [line for up in (story.killed, story.stopped) for line in up.findings if "NephoscopeRead" in line]


def test_where_everything_is_kept_is_said_first(story):
    assert str(story.data) in story.killed.said[0]


def test_a_second_start_is_ready_without_building_anew_and_repeats_no_finding(story):
    assert story.ready_s[1] < READY_AGAIN_S
    assert not [line for line in story.stopped.said if "building the company" in line]
    assert not set(story.killed.findings) & set(story.stopped.findings)


def test_no_process_is_left_behind_by_a_kill_nor_by_ctrl_c(story):
    assert all(any("sandbox" in command for command in started.values()) for started in story.started)
    assert story.left == [{}, {}]


def test_ctrl_c_is_a_clean_end_that_says_so(story):
    assert story.code == 0
    assert "stopped" in story.stopped.said[-1]
    assert not [line for line in story.stopped.said if "Traceback" in line]


def test_a_second_one_on_the_same_folder_is_refused_and_told_why(story):
    said = story.refused.stdout + story.refused.stderr
    assert story.refused.returncode not in (0, 1)
    assert "another sandbox is using this folder" in said
    assert str(story.data) in said
    assert "Traceback" not in said


def test_what_was_found_before_the_kill_and_after_it_can_be_listed_afterwards(story):
    listed = findings_of(story, "--kind", "detection")
    titles = {each["title"] for each in listed}
    printed = [*story.killed.findings, *story.stopped.findings]
    detections = [line for line in printed if " by arn:" in line]

    assert detections
    assert all(any(title in line for title in titles) for line in detections)
    assert len({each["uid"] for each in listed}) == len(listed)


def test_a_finding_is_shown_with_its_actor_and_its_events(story):
    first = next(each for each in findings_of(story, "--kind", "detection") if each["actor"])
    shown = nephoscope("findings", "show", first["uid"], "--data", story.data, "--format", "jsonl")

    assert shown.returncode in (0, 1), shown.stderr
    whole = json.loads(shown.stdout.splitlines()[0])
    assert whole["uid"] == first["uid"]
    assert whole["events"]


def test_coverage_tells_of_the_hours(story):
    done = nephoscope("coverage", "--data", story.data, "--format", "jsonl")

    assert done.returncode in (0, 2), done.stderr
    assert done.stdout == "" or all(json.loads(line)["entry"] in ("gap", "hour") for line in done.stdout.splitlines())


def test_the_history_of_a_resource_can_be_told(story):
    about = findings_of(story, "--kind", "compliance")
    bucket = next(each for each in about if each["resource_type"] == "AWS::S3::Bucket")
    done = nephoscope("diff", "AWS::S3::Bucket", bucket["resource_id"], "--data", story.data, "--format", "jsonl")

    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
