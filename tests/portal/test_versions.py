import pytest

from nephoscope.portal.problems import ProblemError
from nephoscope.portal.versions import etag, require_match


def test_the_version_that_was_seen_must_be_the_one_that_is():
    require_match(etag("a", 1), "a", 1)
    require_match(f"{etag('b', 1)}, W/{etag('a', 1)}", "a", 1)
    require_match("*", "a", 1)
    with pytest.raises(ProblemError) as raised:
        require_match(etag("a", 1), "a", 2)
    assert (raised.value.status, raised.value.headers["ETag"]) == (412, etag("a", 2))
    with pytest.raises(ProblemError) as raised:
        require_match(None, "a", 1)
    assert raised.value.status == 428
