import re
import zlib
from base64 import a85decode
from itertools import repeat

import pytest
from tests.export.samples import LATER, hostile, naughty, stored
from tests.store.samples import failed_check

from nephoscope.export.format import Report
from nephoscope.export.formats.pdf import MOST, pdf, shown
from nephoscope.model.coverage import Gap


def text_of(written):
    """The words that a document shows."""
    shown = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", written, re.DOTALL):
        plain = zlib.decompress(a85decode(b"<~" + stream.strip(), adobe=True))
        shown += re.findall(rb"\((.*?)(?<!\\)\)\s*Tj", plain, re.DOTALL)
    return b" ".join(shown).decode("latin-1")


def written(findings, **report):
    return b"".join(pdf(findings, Report(LATER, **report)))


def test_a_document_says_how_many_what_why_and_what_to_do():
    finding = stored(failed_check(detail={"fix": "block public access"}))
    made = written([finding], counts={"severity": {"medium": 1}}, gaps=[Gap("read", "AWS::S3::Bucket", "denied")])

    assert made.startswith(b"%PDF-")
    text = text_of(made)
    for words in ("1 findings", "blocks public access", "block public access", "AWS::S3::Bucket: denied"):
        assert words in text


def test_hostile_texts_are_no_markup():
    made = written([hostile(text).stored for text in naughty()[:60]], chosen="<b>", gaps=[Gap(*["<para>"] * 6)])

    assert r"<script>alert\(1\)</script>" in text_of(made).replace(" ", "")
    assert b"/URI" not in made
    assert b"/JavaScript" not in made


@pytest.mark.slow
def test_what_is_left_out_of_a_long_document_is_said():
    finding = stored(failed_check(reason=""))
    made = written(repeat(finding, MOST + 10), counts={"severity": {"medium": MOST + 10}})

    assert "and 10 more findings" in text_of(made)


def test_characters_that_the_fonts_have_not_are_written_as_their_code_points():
    assert shown("a 中 <b> & é\n\u202e") == "a \\u4e2d &lt;b&gt; &amp; é<br/>\\u202e"
