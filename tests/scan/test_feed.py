import gzip
import io

import pytest

from nephoscope.model.errors import SourceError
from nephoscope.scan import feed
from nephoscope.scan.feed import affected, content_of, feeds


def test_every_feed_says_where_it_comes_from():
    assert {"alpine_secdb", "debian_tracker"} <= feeds().keys()
    assert all("Source: https://" in each.__doc__ for each in feeds().values())


@pytest.mark.parametrize("name", sorted(feeds()))
@pytest.mark.parametrize("content", [b"", b"{", b"[7", b'"text"', b"\xff", b"null", b"[" * 100_000])
def test_content_that_is_no_such_file_is_refused(name, content):
    with pytest.raises(SourceError, match=r"^photon4.0\.json: is no file of"):
        list(feeds()[name].read(content, "photon4.0.json"))


def test_a_feed_is_read_plain_or_packed():
    assert content_of(io.BytesIO(b"{}"), "f") == b"{}"
    assert content_of(io.BytesIO(gzip.compress(b"{}")), "f") == b"{}"


def test_a_packed_feed_that_breaks_off_is_named():
    with pytest.raises(SourceError, match=r"^f: cannot be read"):
        content_of(io.BytesIO(gzip.compress(b"x" * 1000)[:20]), "f")


def test_a_bomb_is_not_unpacked_to_its_end():
    with pytest.raises(SourceError, match="larger than"):
        content_of(io.BytesIO(gzip.compress(b" " * (feed.LARGEST_BYTES + 2), 1)), "f")


def test_what_has_no_fix_is_affected_in_every_version():
    assert [len(affected("Debian:12", "a", fixed).ranges[0].events) for fixed in ("", "1")] == [1, 2]
