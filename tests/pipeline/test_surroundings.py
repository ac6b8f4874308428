import pytest
from tests.pipeline.test_exposure import OPEN, instance
from tests.store.samples import NOON

from nephoscope.keep import Stores
from nephoscope.model.item import Item
from nephoscope.model.package import Package
from nephoscope.pipeline.surroundings import Places, criticality, privilege
from nephoscope.store.items import Revision, digest_of, insert_revisions
from nephoscope.store.ledger import open_ledger
from nephoscope.store.packages import Target, list_looks, mark_told, put_look
from nephoscope.store.surroundings import list_surroundings

INSTANCE = Target("AWS::EC2::Instance", "i-1", "1", "eu-west-1")
OTHERS = (Target("AWS::EC2::Instance", "i-2", "1", "eu-west-1"), Target("host", "h-1"), Target("image", "app:1"))


def role(**configuration):
    return Item("AWS::IAM::Role", "web", "1", "global", configuration)


@pytest.mark.parametrize(
    ("tags", "value"),
    [({"criticality": "High "}, "high"), ({"criticality": "very"}, ""), ({}, ""), ({"criticality": "<b>"}, "")],
)
def test_a_tag_says_how_much_it_matters(tags, value):
    said = criticality(tags, "criticality")
    assert said.value == value
    assert "tag criticality" in said.why


@pytest.mark.parametrize(
    ("configuration", "value"),
    [
        ({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"], "Policies": []}, "administrator"),
        ({"ManagedPolicyArns": [], "Policies": []}, "some"),
        ({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "Policies": []}, "some"),
        ({"ManagedPolicyArns": ["arn:aws:iam::1:policy/own"], "Policies": []}, ""),
        ({"ManagedPolicyArns": []}, ""),
        ({}, ""),
    ],
)
def test_a_role_is_an_administrators_or_not_or_not_known(configuration, value):
    assert privilege("web", role(**configuration)).value == value


def test_an_inline_policy_that_leads_to_more_is_an_administrators():
    grant = {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}
    policies = [{"PolicyName": "p", "PolicyDocument": {"Statement": [grant]}}]
    said = privilege("web", role(ManagedPolicyArns=[], Policies=policies))
    assert (said.value, "iam:PutRolePolicy" in said.why) == ("administrator", True)


def test_a_profile_that_was_not_read_is_not_none(lake, tmp_path):
    with open_ledger(str(tmp_path / "other.db")) as ledger:
        with ledger.write() as connection:
            put_look(connection, INSTANCE, [Package("PyPI", "a", "1")], "agent", NOON)
        hidden = Item(**{**vars(instance()), "not_collected": {"/IamInstanceProfile": "AccessDenied"}})
        insert_revisions(lake, [Revision(hidden, digest_of(hidden), NOON)], "hidden")
        Places(Stores(lake, ledger, None)).round()
        with ledger.read() as connection:
            value, why = list_surroundings(connection)[INSTANCE.key]["privilege"]
    assert (value, "AccessDenied" in why) == ("", True)


def test_no_profile_and_a_profile_without_a_role_are_two_things():
    assert privilege("", None).value == "none"
    assert (privilege("web", None).value, "web" in privilege("web", None).why) == ("", True)


def test_every_target_has_a_place_and_only_what_moved_is_told_again(lake, tmp_path):
    with open_ledger(str(tmp_path / "other.db")) as ledger:
        with ledger.write() as connection:
            for target in (INSTANCE, *OTHERS):
                put_look(connection, target, [Package("PyPI", "a", "1")], "agent", NOON)
        items = [instance(), *OPEN]
        insert_revisions(lake, [Revision(each, digest_of(each), NOON) for each in items], "one")
        places = Places(Stores(lake, ledger, None))
        places.round()
        with ledger.write() as connection:
            found = list_surroundings(connection)
            for look in list_looks(connection):
                mark_told(connection, look)
        assert found[INSTANCE.key]["exposure"][0] == "internet"
        assert found[INSTANCE.key]["privilege"][0] == "none"
        assert [found[target.key]["exposure"][0] for target in OTHERS] == ["", "", ""]
        assert "does not hold" in found[OTHERS[0].key]["exposure"][1]

        places.round()
        with ledger.read() as connection:
            assert list_looks(connection, untold=True) == []
        closed = Item(**{**vars(OPEN[0]), "configuration": {"SecurityGroupIngress": []}})
        later = NOON.replace(hour=13)
        insert_revisions(lake, [Revision(closed, digest_of(closed), later)], "two")
        places.round()
        with ledger.read() as connection:
            assert [look.target.id for look in list_looks(connection, untold=True)] == ["i-1"]
            assert list_surroundings(connection)[INSTANCE.key]["exposure"][0] == "internal"
