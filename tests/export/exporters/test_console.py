from tests.export.samples import digest, hostile, naughty, notice

from nephoscope.export.exporters.console import Console


def test_a_notice_is_printed_on_two_lines(outside, said):
    assert Console().send([notice()], outside) == {}

    assert said[0] == "HIGH opened: CloudTrail logging stopped"
    assert "Who: arn:aws:iam::111111111111:user/mallory" in said[1]


def test_a_digest_is_printed_line_by_line(outside, said):
    Console().send([digest(3)], outside)

    assert len(said) == 4


def test_no_text_steers_the_terminal(outside, said):
    Console().send([hostile(text) for text in naughty()], outside)

    assert all(line.isprintable() for line in said)
