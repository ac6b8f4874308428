from dataclasses import replace

from tests.export.samples import digest, hostile, naughty, notice
from tests.store.samples import detection, failed_check

from nephoscope.export.message import PARTS, advice, message_of, who


def test_a_message_says_risk_why_who_and_what_next():
    finding = failed_check(detail={"fix": "block public access"}, actor=detection().actor)
    message = message_of(notice(finding=finding, owner="web-team"))

    assert message.title == "MEDIUM opened: Fail: S3 bucket blocks public access"
    facts = dict(message.parts[0].facts)
    assert facts["Why"] == "BlockPublicAcls is off"
    assert facts["Who"] == "arn:aws:iam::111111111111:user/mallory"
    assert facts["What to do"] == "block public access"
    assert facts["Owner"] == "web-team"
    assert facts["Resource"] == "AWS::S3::Bucket logs"


def test_what_is_over_says_so_and_asks_for_nothing():
    message = message_of(notice("resolved", failed_check(detail={"fix": "x"}), why="the verdict is now Pass"))

    assert message.title == "MEDIUM resolved: S3 bucket blocks public access"
    assert dict(message.parts[0].facts)["What happened to it"] == "the verdict is now Pass"
    assert "What to do" not in dict(message.parts[0].facts)


def test_a_digest_counts_what_is_left_out():
    message = message_of(digest(PARTS + 5))

    assert message.title == f"{PARTS + 5} findings to look at, 0 resolved"
    assert (len(message.parts), message.left) == (PARTS, 5)


def test_every_text_of_a_message_is_one_printable_line():
    for text in naughty():
        message = message_of(hostile(text))
        said = [message.title, *(value for part in message.parts for fact in part.facts for value in fact)]
        assert all(each.isprintable() and len(each) < 2_000 for each in said)


def test_what_is_not_known_is_not_said():
    nobody = notice(finding=replace(detection(), actor=None)).stored

    assert (who(nobody), advice(nobody)) == ("", "")
