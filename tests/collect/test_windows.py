import io
import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from nephoscope.collect.source import LogObject
from nephoscope.collect.windows import Windows, lines, page_of, window_of, within
from nephoscope.model.errors import ConfigError, SourceError

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
WINDOWS = Windows(width_s=300, lookback_s=3600, settle_s=(60, 1800))


def test_windows_cover_the_time_without_gap_or_overlap():
    found = [window_of(one) for one in WINDOWS.objects("https://api/x", NOW, ())]
    assert all(one[1] == two[0] for one, two in zip(found, found[1:], strict=False))
    assert found[0][0] <= NOW - timedelta(hours=1)
    assert NOW - found[-1][1] < timedelta(seconds=360)


def test_a_window_is_due_soon_and_again_late_and_only_once_each():
    first = list(WINDOWS.objects("u", NOW, ()))
    seen = {one.key for one in first}
    assert list(WINDOWS.objects("u", NOW, seen)) == []
    later = list(WINDOWS.objects("u", NOW + timedelta(minutes=31), seen))
    late = [one.uri for one in later if one.version == "2"]
    assert {one.uri for one in first if one.version == "1"} <= set(late) | {first[-1].uri}


def test_a_clock_that_jumps_back_asks_for_nothing_twice():
    seen = {one.key for one in WINDOWS.objects("u", NOW, ())}
    back = [
        one
        for one in WINDOWS.objects("u", NOW - timedelta(minutes=20), seen)
        if window_of(one)[0] >= NOW - timedelta(hours=1)
    ]
    assert all(one.version == "1" for one in back)


def test_an_object_that_names_no_window_is_refused():
    with pytest.raises(SourceError):
        window_of(LogObject("https://api/x?from=now"))


def test_records_outside_the_window_are_left_to_their_own_and_odd_ones_are_kept():
    window = (NOW, NOW + timedelta(minutes=5))
    times = [NOW, NOW + timedelta(minutes=5), NOW - timedelta(milliseconds=1), None, "odd"]
    records = [msgspec.Raw(json.dumps({"at": at and str(at)}).encode()) for at in times] + [msgspec.Raw(b"17")]
    assert within(records, window, "at") == [records[0], *records[3:]]


def test_pages_are_read_as_json_lines_only_as_far_as_asked():
    asked = []

    def pages():
        for number in range(3):
            asked.append(number)
            yield [msgspec.Raw(b'{"a":\n%d}' % number), msgspec.Raw(b'{"b":1}')]

    stream = lines(pages())
    assert stream.readline() == b'{"a":0}\n'
    assert stream.read().count(b"\n") == 5
    assert asked == [0, 1, 2]
    assert isinstance(stream, io.BufferedIOBase)


def test_a_page_of_another_form_is_named():
    with pytest.raises(SourceError, match="https://x"):
        page_of(b'{"message": "no"}', "https://x", list[msgspec.Raw])


@pytest.mark.parametrize("width_s", [0, -300])
def test_a_window_without_time_is_refused(width_s):
    with pytest.raises(ConfigError, match="window_s"):
        Windows(width_s)
