import json

from nephoscope.agent.own_log import OwnLog, verify


def test_lines_are_chained_over_restarts(tmp_path):
    path = str(tmp_path / "agent.log")
    OwnLog(path).tell(1, "started", text="caf\udce9")
    OwnLog(path).tell(2, "ended")

    assert verify(path) == (2, "")
    assert json.loads((tmp_path / "agent.log").read_text().splitlines()[0])["text"] == "caf\\xe9"


def test_the_chain_goes_on_over_a_roll(tmp_path):
    path = str(tmp_path / "agent.log")
    log = OwnLog(path, limit_bytes=400)
    for number in range(12):
        log.tell(number, "line")

    count, wrong = verify(path)
    assert not wrong
    assert 2 <= count <= 12
    assert (tmp_path / "agent.log.1").exists()


def test_a_line_taken_out_or_changed_shows(tmp_path):
    path = tmp_path / "agent.log"
    log = OwnLog(str(path))
    for number in range(4):
        log.tell(number, "line")
    lines = path.read_text().splitlines(keepends=True)

    path.write_text("".join(lines[:1] + lines[2:]))
    assert "does not follow" in verify(str(path))[1]
    path.write_text("".join([lines[0], lines[1].replace('"at":1', '"at":9'), *lines[2:]]))
    assert "agent.log:3 does not follow" in verify(str(path))[1]
    path.write_text("no json\n")
    assert "is no line of ours" in verify(str(path))[1]


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    log = OwnLog(str(tmp_path / "absent" / "agent.log"))
    log.tell(1, "started")

    assert verify(log.path) == (0, "")
