"""The portal's client is built when its sources change, and stays small."""

import gzip
import re

import hatch_build
import pytest

STATIC = hatch_build.ROOT / hatch_build.STATIC
ALL_BYTES = 120_000
ENTRY_BYTES = 25_000


@pytest.fixture
def web(tmp_path):
    """A client's sources."""
    (tmp_path / "src").mkdir()
    for name in ("src/main.ts", "index.html", "package.json", "package-lock.json"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_a_changed_a_new_and_a_renamed_source_are_built_again(web):
    before = hatch_build.digest(web)
    (web / "src" / "main.ts").write_text("other")
    changed = hatch_build.digest(web)
    (web / "src" / "new.ts").write_text("")
    new = hatch_build.digest(web)
    (web / "src" / "new.ts").rename(web / "src" / "newer.ts")

    assert len({before, changed, new, hatch_build.digest(web)}) == 4


def test_generated_types_and_tests_are_no_reason_to_build(web):
    before = hatch_build.digest(web)
    (web / "src" / "api").mkdir()
    (web / "src" / "api" / "schema.d.ts").write_text("types")
    (web / "tests").mkdir()
    (web / "tests" / "a.test.ts").write_text("test")

    assert hatch_build.digest(web) == before


def test_the_client_is_left_out_when_asked_to(web, monkeypatch):
    monkeypatch.setenv("PORTAL_SKIP_WEB", "1")

    assert not hatch_build.is_wanted(hatch_build.ROOT)


def test_no_registry_is_named():
    for name in ("package.json", "package-lock.json", ".npmrc"):
        text = (hatch_build.ROOT / "web" / name).read_text()
        assert "registry" not in text.replace("omit-lockfile-registry-resolved", "")
        assert '"resolved"' not in text


@pytest.fixture
def built():
    """The files of the built client that a browser runs or is styled by."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("The client is not built: make web")
    return [file for file in (STATIC / "assets").iterdir() if file.suffix in (".js", ".css")]


def packed(files):
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_all_pages_together_are_small(built):
    assert packed(built) <= ALL_BYTES


def test_what_is_loaded_first_is_small(built):
    index = (STATIC / "index.html").read_text()
    first = [STATIC / path.lstrip("/") for path in re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', index)]

    assert first
    assert packed(first) <= ENTRY_BYTES


def test_nothing_in_the_page_needs_an_exception_of_the_policy(built):
    index = (STATIC / "index.html").read_text()
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|https?:", index)
    for file in built:
        assert not re.search(r"\beval\(|new Function\(|https?://(?!www\.w3\.org|svelte\.dev)", file.read_text()), file


def test_no_component_writes_html():
    for file in (hatch_build.ROOT / "web" / "src").rglob("*.svelte"):
        assert "{@html" not in file.read_text(), file
