import time
from datetime import UTC, datetime

from nephoscope.assess import Fail, Pass, Unknown, check
from nephoscope.assess.assessor import Assessor
from nephoscope.model.item import Item

AT = datetime(2026, 11, 1, tzinfo=UTC)


@check("T", severity="low")
def knows_where_and_when(item):
    """Knows where and when."""
    return Fail(" ".join(item["observed"][key] for key in ("AccountId", "Region", "JudgedAt")))


@check("U", "T", severity="low")
def has_a_name(item):
    """Has a name."""
    return Pass() if item["Name"] else Fail("none")


def test_an_item_gets_every_check_for_its_type_and_no_other():
    assessor = Assessor([knows_where_and_when, has_a_name])
    assert [c.name for c, _ in assessor.judge(Item("T", "i", "1", "r", {}))] == ["knows_where_and_when", "has_a_name"]
    assert [c.name for c, _ in assessor.judge(Item("U", "i", "1", "r", {}))] == ["has_a_name"]
    assert assessor.judge(Item("V", "i", "1", "r", {})) == []
    assert assessor.types == {"T", "U"}


def test_a_check_knows_the_account_the_region_and_the_moment():
    [(_, verdict)] = Assessor([knows_where_and_when]).judge(Item("T", "i", "1", "r", {}), AT)
    assert verdict == Fail("1 r 2026-11-01T00:00:00+00:00")


def test_a_denied_read_is_unknown():
    item = Item("U", "i", "1", "r", {"Name": "x"}, {}, {"/Name": "AccessDenied"})
    assert Assessor([has_a_name]).judge(item)[0][1] == Unknown("Name was not collected: AccessDenied")


def test_a_thousand_items_are_judged_by_every_check_of_ours_within_a_second_of_processor_time():
    assessor = Assessor()
    rules = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}] * 5
    types = sorted(assessor.types)
    items = [
        Item(types[n % len(types)], str(n), "1", "r", {"SecurityGroupIngress": rules, "BucketPolicy": None})
        for n in range(1200)
    ]
    assessor.judge(items[0], AT)
    start = time.process_time()
    verdicts = sum(len(assessor.judge(item, AT)) for item in items)
    assert verdicts >= len(items)
    assert time.process_time() - start < 1
