from html.parser import HTMLParser

from tests.export.samples import LATER, hostile, naughty, stored
from tests.store.samples import failed_check

from nephoscope.export.format import Report
from nephoscope.export.formats.html import html
from nephoscope.model.coverage import Gap

TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "h1",
    "h2",
    "p",
    "table",
    "caption",
    "tr",
    "th",
    "td",
    "section",
}
TAGS |= {"ul", "li", "main", "article", "small", "dl", "dt", "dd", "footer"}


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def read(findings, **report):
    written = b"".join(html(findings, Report(LATER, **report))).decode()
    page = Page()
    page.feed(written)
    return page, written


def test_a_page_says_how_many_what_why_and_what_to_do():
    counts = {"severity": {"medium": 1}, "status": {"open": 1}}
    finding = failed_check(detail={"fix": "block it", "why": "everybody reads it"})
    page, _ = read([stored(finding)], counts=counts, chosen="severity medium")

    for text in ("1 findings with severity medium", "S3 bucket blocks public access", "block it", "everybody reads it"):
        assert text in page.text


def test_what_could_not_be_seen_stands_on_top():
    page, _ = read([], gaps=[Gap("read", "AWS::S3::Bucket", "denied <b>")])

    assert "AWS::S3::Bucket" in page.text
    assert "denied <b>" in page.text


def test_no_text_becomes_markup_and_the_page_needs_nothing_else():
    page, written = read(
        [hostile(text).stored for text in naughty()], chosen="<script>", gaps=[Gap(*["<img src=x>"] * 6)]
    )

    assert set(page.tags) <= TAGS
    assert page.attributes <= set(
        ["lang", "charset", "http-equiv", "content", "name", "class", "id", "scope", "hidden"]
    )
    assert "default-src 'none'" in written
    assert page.tags.count("article") == len(naughty())
    assert "src=" not in written.replace("&lt;", "<").split("<body>")[0]
