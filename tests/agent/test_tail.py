import gzip
import json
import os
import random
import shutil

import pytest

from nephoscope.agent import tail
from nephoscope.agent.host import Host, Unreadable

NOW = 2_000_000_000


class Log:
    """A log file below a root, and a look at it that keeps its state as the spool would."""

    def __init__(self, folder, pattern="/var/log/app.log"):
        self.host, self.pattern = Host(str(folder)), pattern
        self.path = folder / "var/log/app.log"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.state, self.now, self.clock = None, NOW, NOW
        self.records = []

    def write(self, text, path=None):
        path = path or self.path
        with path.open("ab") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        self.clock += 1
        os.utime(path, (self.clock, self.clock))

    def look(self, budget=1 << 20):
        """The lines that a look gives, as if it began anew."""
        self.clock += 1
        found = tail.poll(self.host, self.pattern, self.state, self.clock, budget)
        self.state = json.loads(json.dumps(found.state))
        self.records = [json.loads(text) for _, text in found.records]
        return [line for record in self.records if record["kind"] == "log" for line in record["lines"]]

    def gaps(self):
        return [record["cause"] for record in self.records if record["kind"] == "gap"]

    def rotate(self, name="app.log.1"):
        for number in (3, 2, 1):
            older = self.path.with_name(f"app.log.{number}")
            if name == "app.log.1" and older.exists():
                older.rename(self.path.with_name(f"app.log.{number + 1}"))
        self.path.rename(self.path.with_name(name))


@pytest.fixture
def log(tmp_path):
    made = Log(tmp_path)
    made.write("old\n")
    assert made.look() == []
    return made


def test_a_first_look_begins_at_the_end_and_reads_on(log):
    log.write("one\ntwo\n")

    assert log.look() == ["one", "two"]
    assert log.look() == []
    assert log.records == []


def test_a_record_says_where_it_comes_from(log):
    log.write("one\n")
    log.look()
    status = log.path.stat()

    [record] = log.records
    assert (record["source"], record["first_offset"]) == ("/var/log/app.log", 4)
    assert record["file"].startswith(f"{status.st_dev}:{status.st_ino}:")


def test_a_line_without_its_end_waits(log):
    log.write("one\ntw")
    assert log.look() == ["one"]
    log.write("o\n")
    assert log.look() == ["two"]


def test_a_file_that_comes_later_is_read_from_its_beginning(tmp_path):
    log = Log(tmp_path)
    assert log.look() == []
    log.write("first\n")
    assert log.look() == ["first"]


def test_a_rotation_loses_nothing(log):
    log.write("one\n")
    log.look()
    log.write("two\n")
    log.rotate()
    log.write("three\n")

    assert log.look() == ["two", "three"]
    assert log.gaps() == []


def test_a_writer_that_still_holds_the_rotated_file_is_read(log):
    log.rotate()
    log.write("new\n")
    assert log.look() == ["new"]
    log.write("late\n", log.path.with_name("app.log.1"))
    assert log.look() == ["late"]


def test_two_rotations_between_two_looks_lose_nothing(log):
    log.write("one\n")
    log.rotate()
    log.write("two\n")
    log.rotate()
    log.write("three\n")

    assert log.look() == ["one", "two", "three"]
    assert log.look() == []


@pytest.mark.parametrize("name", ["app.log-20330518", "app-20330518.log", "app.log.2033-05-18"])
def test_dated_names_are_rotations_too(log, name):
    log.write("one\n")
    log.rotate(name)
    log.write("two\n")
    assert log.look() == ["one", "two"]


def test_a_copy_that_is_truncated_loses_nothing(log):
    log.write("one\n")
    log.look()
    log.write("two\n")
    shutil.copy2(log.path, log.path.with_name("app.log.1"))
    os.truncate(log.path, 0)
    log.write("three\n")

    assert log.look() == ["two", "three"]
    assert log.gaps() == []


def test_a_copy_that_is_seen_before_the_truncation_is_not_read_twice(log):
    log.write("one\n")
    log.look()
    shutil.copy2(log.path, log.path.with_name("app.log.1"))
    assert log.look() == []
    os.truncate(log.path, 0)
    log.write("two\n")

    assert log.look() == ["two"]


def test_a_truncated_file_that_grew_beyond_its_old_size_is_noticed(log):
    log.write("one\n")
    log.look()
    os.truncate(log.path, 0)
    log.write("quite another beginning\nand more\n")

    assert log.look() == ["quite another beginning", "and more"]
    [cause] = log.gaps()
    assert cause == "/var/log/app.log was truncated or replaced behind byte 8, and no copy of it was found"


def test_what_was_compressed_before_it_was_read_is_a_gap_of_so_many_bytes(log):
    log.write("one\n")
    log.look()
    log.write("two\nthree\n")
    pack(log, log.path, "app.log.1.gz")
    log.write("four\n")

    assert log.look() == ["four"]
    assert log.gaps() == ["10 bytes were compressed into /var/log/app.log.1.gz before they were read"]
    log.look()
    assert log.gaps() == []


def test_what_was_read_before_it_was_compressed_is_no_gap(log):
    log.write("one\n")
    log.look()
    pack(log, log.path, "app.log.1.gz")
    log.write("two\n")

    assert log.look() == ["two"]
    assert log.gaps() == []


def test_an_archive_of_what_was_never_seen_is_a_gap(log):
    log.write("one\n")
    log.rotate()
    log.write("between\n")
    pack(log, log.path, "app.log.0.gz")
    log.write("two\n")

    assert log.look() == ["one", "two"]
    assert log.gaps() == ["/var/log/app.log.0.gz was rotated and compressed before any of it was read"]


def pack(log, path, name):
    """As gzip does it: the archive has the time of what it holds."""
    status = path.stat()
    place = path.with_name(name)
    place.write_bytes(gzip.compress(path.read_bytes()))
    os.utime(place, ns=(status.st_mtime_ns, status.st_mtime_ns))
    path.unlink()


def test_a_file_that_is_gone_is_a_gap(log):
    log.path.unlink()
    log.look()
    assert log.gaps() == ["/var/log/app.log is gone; what was written behind byte 4 was not read"]


def test_another_file_under_the_same_inode_is_read_from_its_beginning(log):
    log.write("x" * 300 + "\n")
    log.look()
    log.path.write_text("y" * 400 + "\nfresh\n")
    log.clock += 1
    os.utime(log.path, (log.clock, log.clock))

    assert log.look() == ["y" * 400, "fresh"]


def test_files_that_begin_alike_are_told_apart_when_rotated(log):
    head = "#Fields: a b c " + "-" * 300 + "\n"
    os.truncate(log.path, 0)
    log.write(head + "one\n")
    log.look()
    log.rotate()
    log.write(head + "two\n")
    log.rotate()
    log.write(head + "three\n")

    assert [line for line in log.look() if not line.startswith("#")] == ["two", "three"]


def test_a_long_line_is_cut_with_a_note_and_the_next_is_whole(log):
    log.write("a" * 700_000)
    first = log.look()
    log.write("a" * 300_000 + "\nnext\n")
    found = first + log.look()

    assert found[0] == "a" * tail.MOST_LINE + "… [cut: the line goes on]"
    assert found[1:] == ["next"]


def test_a_budget_ends_a_look_and_the_next_goes_on(log):
    log.write("".join(f"{number}\n" for number in range(200_000)))
    found, looks = [], 0
    while True:
        lines = log.look(budget=300_000)
        looks += 1
        if not lines:
            break
        found += lines

    assert found == [str(number) for number in range(200_000)]
    assert looks > 3


def test_bytes_that_are_no_text_are_kept_readable(log):
    log.write(b"caf\xe9 \x00\x1b[31m\r\xe2\x80\xa8end\n")
    assert log.look() == ["caf\\xe9 \x00\x1b[31m\r\u2028end"]


def test_a_pattern_reads_every_file_that_it_names(tmp_path):
    log = Log(tmp_path, "/var/log/*.log")
    log.write("x\n")
    log.look()
    other = log.path.with_name("other.log")
    log.write("other\n", other)
    log.write("app\n")

    assert sorted(log.look()) == ["app", "other"]
    assert {record["source"] for record in log.records} == {"/var/log/app.log", "/var/log/other.log"}


def test_pipes_and_devices_are_not_opened(tmp_path):
    log = Log(tmp_path, "/var/log/*")
    os.mkfifo(log.path.with_name("pipe"))
    log.path.with_name("zero").symlink_to("/dev/zero")
    log.write("x\n")
    assert log.look() == []


def test_a_link_out_of_the_root_leads_into_it(tmp_path):
    log = Log(tmp_path / "root")
    (tmp_path / "secret").write_text("secret\n")
    log.path.symlink_to("../../../secret")
    assert log.look() == []
    assert log.look() == []


def test_a_last_line_of_a_rotated_file_is_read_when_it_will_not_end(log):
    log.write("one\nno end")
    log.look()
    log.rotate()
    log.write("two\n")

    assert log.look() == ["no end", "two"]


def test_too_many_files_are_named_instead_of_read(tmp_path):
    log = Log(tmp_path, "/var/log/*.log")
    for number in range(tail.MOST_FILES + 1):
        log.path.with_name(f"{number}.log").write_text("")
    with pytest.raises(Unreadable, match="names 1001 files"):
        log.look()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a link to somebody else")
def test_a_link_laid_to_what_only_root_may_read_is_not_read(tmp_path):
    log = Log(tmp_path, "/var/log/*.log")
    log.look()
    secret = tmp_path / "var/secret"
    secret.write_text("secret\n")
    log.path.symlink_to("/var/secret")
    os.lchown(log.path, 1000, 1000)

    assert log.look() == []


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("way", ["rename", "copy"])
def test_whatever_the_order_of_writing_rotating_and_looking_each_line_is_read_once(tmp_path, seed, way):
    """Any number of rotations by name between two looks; of rotations by copy, which overwrite, one."""
    chance = random.Random(f"{way}{seed}")
    log = Log(tmp_path)
    log.write("")
    log.look()
    written, found, rotations, truncated = 0, [], 0, False
    for _ in range(60):
        done = chance.choice(["write", "write", "look", "rotate"])
        if done == "write":
            count = chance.randrange(1, 30)
            log.write("".join(f"{written + each} {'x' * chance.randrange(40)}\n" for each in range(count)))
            written += count
            truncated = False
        elif done == "look":
            found += log.look(budget=chance.choice([200, 1 << 20]))
            assert log.gaps() == []
            rotations = 0
        elif way == "rename":
            log.rotate(f"app.log.{10_000 + chance.randrange(10**9)}")
            log.write("")
        elif not rotations and not truncated:
            shutil.copy2(log.path, log.path.with_name(f"app.log.{log.clock}"))
            os.truncate(log.path, 0)
            log.write("")
            rotations, truncated = 1, True
    for _ in range(1000):
        lines = log.look()
        found += lines
        if not lines:
            break

    assert sorted(int(line.split()[0]) for line in found) == list(range(written))
