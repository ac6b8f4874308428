import json

from tests.export.samples import LATER, hostile, naughty, notice

from nephoscope.export.format import Report
from nephoscope.export.formats.jsonl import jsonl


def test_every_finding_is_one_line_whatever_its_texts_hold():
    texts = naughty()
    written = b"".join(jsonl((hostile(text).stored for text in texts), Report(LATER))).decode()

    assert [json.loads(line)["title"] for line in written.splitlines()] == texts


def test_a_line_holds_the_finding_whole():
    [line] = jsonl([notice().stored], Report(LATER))

    assert json.loads(line)["actor_detail"]["name"] == "mallory"
