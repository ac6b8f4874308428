import pytest

from nephoscope.model.errors import SourceError
from nephoscope.scan import markup
from nephoscope.scan.markup import elements, text_of

BOMB = b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a><b>&y;</b></a>'
OUTSIDE = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a><b/></a>'


def read(content, depth=1):
    return list(elements(content, "feed.xml", depth))


def test_elements_of_a_depth_come_one_by_one_without_their_namespaces():
    found = read(b'<n:a xmlns:n="urn:n"><n:b n:id="1">one <c>two</c></n:b>\n<b id="2"/></n:a>')

    assert [(within, each.tag, each.get("id"), text_of(each)) for within, each in found] == [
        ("a", "b", "1", "one two"),
        ("a", "b", "2", ""),
    ]
    assert text_of(found[0][1].find("c")) == "two"
    assert text_of(None) == ""


def test_a_document_longer_than_a_step_is_read_whole():
    assert len(read(b"<a>" + b"<b>x</b>" * 100_000 + b"</a>")) == 100_000


@pytest.mark.parametrize("content", [BOMB, OUTSIDE], ids=["entities", "outside"])
def test_a_document_type_is_refused(content):
    with pytest.raises(SourceError, match="document type"):
        read(content)


@pytest.mark.parametrize("content", [b"", b"<a><b></a>", b"{}", b"<a>\xff</a>", b"<a><b/>"])
def test_what_is_no_xml_is_named_with_its_line(content):
    with pytest.raises(SourceError, match="is no file of XML that is read here: line 1: "):
        read(content)


def test_depth_and_number_of_elements_have_limits(monkeypatch):
    with pytest.raises(SourceError, match="nested"):
        read(b"<a>" * 200 + b"</a>" * 200)
    monkeypatch.setattr(markup, "LARGEST_ELEMENTS", 10)
    with pytest.raises(SourceError, match="more than 10"):
        read(b"<a><b>" + b"<c/>" * 11 + b"</b></a>")
