import sys

import pytest

from nephoscope.model.errors import ContentError
from nephoscope.plugins import load, modules


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes a package of the files it is given and forgets it afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(**files):
        (tmp_path / "content").mkdir()
        for name, text in {"__init__": "", **files}.items():
            (tmp_path / "content" / f"{name}.py").write_text(text)
        return "content"

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] == "content"]:
        del sys.modules[name]


def pick(value):
    return value if isinstance(value, type) else None


def test_a_file_is_found_by_where_it_lies(package):
    name = package(one="class One: ...", two="class Two: ...", _private="class No: ...")

    assert list(modules(name)) == ["content.one", "content.two"]
    assert [plugin.__name__ for plugin in load(name, pick).values()] == ["One", "Two"]


def test_a_plugin_that_is_imported_from_elsewhere_is_not_a_files_own(package):
    name = package(base="class Base: ...", other="from content.base import Base\nclass Other(Base): ...")

    assert load(name, pick)["other"].__name__ == "Other"


@pytest.mark.parametrize("text", ["", "class A: ...\nclass B: ..."])
def test_a_file_without_one_plugin_is_an_error_that_names_it(package, text):
    with pytest.raises(ContentError, match=r"content\.odd: holds \d plugins"):
        load(package(odd=text), pick)
