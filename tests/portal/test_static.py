import gzip

import pytest
from starlette.requests import Request

from nephoscope.portal.problems import ProblemError
from nephoscope.portal.static import served


@pytest.fixture
def folder(tmp_path):
    """A built client."""
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    static = tmp_path / "static"
    (static / "index.html").write_text("<!doctype html>client")
    (static / "assets" / "app-Bx7f09aQ.js").write_text("1")
    (static / "assets" / "app-Bx7f09aQ.js.gz").write_bytes(gzip.compress(b"1"))
    (static / ".hidden.txt").write_text("hidden")
    (static / "run.py").write_text("print()")
    return static


def asked(path, folder, accept=""):
    headers = [(b"accept-encoding", accept.encode())]
    return served(Request({"type": "http", "headers": headers, "method": "GET", "path": path}), path, folder)


def test_hashed_names_are_for_good_and_packed_and_the_page_is_always_anew(folder):
    script = asked("assets/app-Bx7f09aQ.js", folder, "gzip, br")

    assert script.headers["cache-control"].endswith("immutable")
    assert script.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in asked("assets/app-Bx7f09aQ.js", folder).headers
    assert asked("", folder).headers["cache-control"] == "no-cache"
    assert asked("findings/abc", folder).media_type.startswith("text/html")


@pytest.mark.parametrize(
    "path", ["../secret.txt", "x/../../secret.txt", ".hidden.txt", "run.py", "a\x00b", "x" * 5_000]
)
def test_no_path_leads_to_what_is_not_the_clients(folder, path):
    answer = asked(path, folder)

    assert answer.path == folder / "index.html"


@pytest.mark.parametrize("path", ["assets/none.js", "api/v1/none", "api"])
def test_what_is_not_there_of_the_api_and_of_assets_is_not_the_client(folder, path):
    with pytest.raises(ProblemError):
        asked(path, folder)


def test_without_a_client_a_plain_page_says_so(tmp_path):
    assert b"not built" in asked("", tmp_path).body
