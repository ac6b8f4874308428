import pytest

from nephoscope.model.errors import SourceError
from nephoscope.scan.xml_events import LONGEST_TEXT, elements

BOMB = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]><r><x>&b;</x></r>'
FILE = b'<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/hostname">]><r><x>&f;</x></r>'


def read(content):
    return list(elements(content, "x", "f"))


def test_elements_are_given_whole_and_in_order():
    one, two = read(b"<r><x a='1'> t <y>u</y><z><y>v</y></z></x><n/><x/></r>")
    assert (one.attributes, one.text, [each.text for each in one.below("y")]) == ({"a": "1"}, "t", ["u", "v"])
    assert (two.name, two.children) == ("x", [])


@pytest.mark.parametrize("content", [BOMB, FILE, b"<!DOCTYPE r SYSTEM 'http://example.com/x.dtd'><r/>"])
def test_a_document_type_is_refused_before_an_entity_is_read(content):
    with pytest.raises(SourceError, match="document type"):
        read(content)


@pytest.mark.parametrize("content", [b"", b"<r><x>", b"<r></x></r>", b"\xff\xfe", b"<r>&nbsp;</r>", b"{}", b"<r/><r/>"])
def test_what_is_no_whole_xml_is_an_error(content):
    with pytest.raises(SourceError, match="no whole XML"):
        read(content)


def test_what_came_before_a_break_is_given():
    found = elements(b"<r><x>1</x>" + b" " * (2 << 20) + b"<x>", "x", "f")
    assert next(found).text == "1"
    with pytest.raises(SourceError):
        list(found)


def test_depth_and_length_have_an_end():
    with pytest.raises(SourceError, match="deeper"):
        read(b"<y>" * 60)
    [found] = read(b"<r><x>" + b"a" * (LONGEST_TEXT * 3) + b"</x></r>")
    assert len(found.text) <= LONGEST_TEXT * 2
