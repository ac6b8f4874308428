"""A schedule is about what its queries and tags select at the time it runs."""

from datetime import UTC, datetime

import pytest

from nephoscope.model.item import Item
from nephoscope.model.schedule import Kind, Limits, LooksAt, Schedule, Selector
from nephoscope.pipeline.schedule_targets import targets_of
from nephoscope.store.items import Revision, digest_of, insert_revisions

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
INSTANCES = Kind("instances", "", LooksAt.ITEMS, ("AWS::EC2::Instance",))
PROD, NEVER = Selector(tags=(("env", ("prod", "stage")),)), Selector(tags=(("scan", ("never",)),))


@pytest.fixture
def estate(lake):
    """Instances with tags, one that is gone, and a bucket."""
    items = [
        item("i-1", env="prod", team="red"),
        item("i-2", env="stage"),
        item("i-3", env="dev"),
        item("i-4", env="prod", scan="never"),
        item("i-5", account="2", env="prod"),
        item("logs", type="AWS::S3::Bucket", env="prod"),
    ]
    gone = item("i-6", env="prod")
    revisions = [Revision(each, digest_of(each), NOW) for each in items]
    insert_revisions(lake, [*revisions, Revision(gone, digest_of(gone), NOW, is_deleted=True)], "a")
    return lake


def item(id_, account="1", type="AWS::EC2::Instance", **tags):
    return Item(type, id_, account, "r", {"id": id_}, tags=tags)


def ids(lake, chosen=None, **more):
    schedule = Schedule("nightly", "Nightly", "instances", **more)
    return [target.id for target, _ in targets_of(schedule, INSTANCES, lake, NOW, chosen)]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["i-1", "i-2", "i-3", "i-4", "i-5"]),
        ({"include": (PROD,)}, ["i-1", "i-2", "i-4", "i-5"]),
        ({"include": (PROD,), "exclude": (NEVER,)}, ["i-1", "i-2", "i-5"]),
        ({"include": (Selector("account:2"), Selector("id:i-3"))}, ["i-3", "i-5"]),
        ({"include": (Selector("account:1", PROD.tags),)}, ["i-1", "i-2", "i-4"]),
        ({"exclude": (Selector("account:1"),)}, ["i-5"]),
        ({"include": (Selector("type:AWS::S3::Bucket"),)}, []),
        ({"include": (Selector(tags=(("env", ("prod",)), ("team", ("red",)))),)}, ["i-1"]),
        ({"include": (Selector(tags=(("env", ("pro",)),)),)}, []),
    ],
    ids=str,
)
def test_what_fits_an_include_and_no_exclude_is_a_target(estate, more, expected):
    assert ids(estate, **more) == expected


def test_of_chosen_items_those_that_fit_are_targets(estate):
    chosen = [("1", "r", "AWS::EC2::Instance", name) for name in ("i-1", "i-3", "i-9")]

    assert ids(estate, chosen, include=(PROD,)) == ["i-1"]
    assert ids(estate, [("9", "r", "AWS::EC2::Instance", "i-1")]) == []
    assert ids(estate, []) == []


def test_a_targets_group_is_what_its_tag_says(estate):
    schedule = Schedule("nightly", "", "instances", at_once=Limits(group=1, group_tag="team"))

    assert [group for _, group in targets_of(schedule, INSTANCES, estate, NOW)] == ["red", "", "", "", ""]


def test_paths_and_all_there_is_need_no_lake():
    paths = Schedule("trees", "", "folders", paths=("a", "b"))
    whole = Schedule("accounts", "", "inventory")

    assert [each.id for each, _ in targets_of(paths, Kind("folders", "", LooksAt.PATHS), None, NOW)] == ["a", "b"]
    [(target, _)] = targets_of(whole, Kind("inventory", "", LooksAt.WHOLE), None, NOW)
    assert (target.type, target.id) == ("inventory", "everything")
