import sys

import pytest

from nephoscope.agent.packages.package import Problem
from nephoscope.scan.disks.confined import look

HEAD = "import sys, time, resource\nfrom nephoscope.scan.disks.looking import confine\nconfine()\n"


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Looks with another program than ours, to see what becomes of one that goes wrong."""

    def run(body, deadline_s=30.0):
        (tmp_path / "wrong_program.py").write_text(HEAD + body)
        monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
        with (tmp_path / "wrong_program.py").open("rb") as file:
            return [(type(each), each[-1]) for each in look(file, deadline_s, "wrong_program")]

    return run


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("x = bytearray(3 << 30)", "MemoryError"),
        ("open('/tmp/x' if 0 else 'x', 'wb').write(bytes(1 << 20) * 1025)", "ended early"),
        ("[open(__file__) for _ in range(100)]", "Too many open files"),
        ("sys.exit('by itself')", "by itself"),
        ("print('{', flush=True)", "cannot be understood"),
        ("print('[true]', flush=True)", "cannot be understood"),
    ],
)
def test_a_process_that_takes_too_much_or_talks_nonsense_is_a_problem(ask, body, cause):
    kind, told = ask(body)[0]
    assert kind is Problem
    assert cause in told


def test_a_process_that_takes_too_long_is_ended_and_what_it_told_holds(ask):
    (_, first), (_, second) = ask('print(\'[false, "a", "told"]\', flush=True); time.sleep(60)', 2.0)
    assert first == "told"
    assert "ended early: signal 9" in second
