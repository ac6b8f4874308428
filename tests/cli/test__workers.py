import json
import os
import signal
import threading
from pathlib import Path

import pytest

from nephoscope.cli._offline import Read, files_below, read_files
from nephoscope.cli._workers import Workers
from nephoscope.detect.loading import load_rules
from nephoscope.model.errors import NephoscopeError

RULES = """
title: Trail stopped
id: 6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: StopLogging}, condition: s}
level: high
---
title: Stopped twice
correlation:
  type: event_count
  generate: true
  rules: [6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11]
  timespan: 5m
  condition: {gte: 2}
---
title: Stopped in two regions
name: regions
correlation:
  type: value_count
  rules: [6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c11]
  timespan: 1m
  condition: {gte: 2, field: awsRegion}
---
title: Deleted
id: 6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c12
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName|contains: Logging}, condition: s}
---
title: Often
correlation:
  type: event_count
  generate: true
  rules: [6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c12]
  timespan: 1m
  condition: {gte: 2}
---
title: Seldom
correlation:
  type: event_count
  rules: [6f0c7a52-2f5e-4b8e-9d0a-0f8f6a6f6c12]
  group-by: [sourceIPAddress]
  timespan: 1m
  condition: {lt: 3}
"""


@pytest.fixture
def rules(tmp_path):
    """Our own rules, and some whose correlations see the same events."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "r.yml").write_text(RULES)
    loaded = load_rules([folder])
    assert not loaded.errors
    return loaded


def event(number, second, region):
    return {
        "eventID": f"e{second}",
        "eventTime": f"2026-03-01T11:58:{second:02}Z",
        "eventName": "StopLogging",
        "eventSource": "cloudtrail.amazonaws.com",
        "awsRegion": region,
        "recipientAccountId": "111122223333",
        "sourceIPAddress": f"192.0.2.{number}",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/eve"},
    }


@pytest.fixture
def logs(tmp_path):
    """Paths of logs, events of equal time and id among them; one is no log."""
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(12):
        region = "eu-west-1" if number % 3 else "us-east-1"
        events = [event(number, 5 * (number // 2), "eu-west-1"), event(number, number + 30, region)]
        (folder / f"{number:02}.json").write_text(json.dumps({"Records": events}))
    (folder / "99.json").write_bytes(b"no log")
    return list(files_below([folder], Read()))


def printed(told):
    return [(one.text, one.findings, list(one.unseen), list(one.notes), one.events) for one in told if one]


def by_workers(logs, rules, *, as_json, **limits):
    with Workers(2, rules, "aws_cloudtrail", as_json=as_json, **limits) as workers:
        return printed(workers.read_files(logs))


@pytest.mark.parametrize("held", [3, 200_000])
@pytest.mark.parametrize("as_json", [True, False])
def test_several_processes_print_what_one_does(rules, logs, as_json, held):
    alone = printed(read_files(logs, rules, "aws_cloudtrail", as_json=as_json, signals_held=held, task_files=2))
    assert by_workers(logs, rules, as_json=as_json, signals_held=held, task_files=2) == alone
    text = "".join(text for text, *_ in alone)
    assert all(title in text for title in ("Stopped twice", "Stopped in two regions", "Often", "Seldom"))


def test_processes_that_cannot_be_forked_are_spawned(rules, logs):
    alone = printed(read_files(logs, rules, "aws_cloudtrail", as_json=True))
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert by_workers(logs, rules, as_json=True) == alone
    finally:
        done.set()
        other.join()


def test_a_worker_that_is_killed_is_told_and_no_silence(rules, logs):
    with Workers(2, rules, "aws_cloudtrail", as_json=True, task_files=1) as workers:
        told = workers.read_files(logs * 50)
        next(told)
        for task in Path("/proc/self/task").iterdir():
            for child in (task / "children").read_text().split():
                if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(int(child), signal.SIGKILL)
        with pytest.raises(NephoscopeError, match="worker process was killed"):
            list(told)
