from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from nephoscope.inventory.engine import (
    Inventory,
    Listing,
    Plan,
    clock_of,
    enabled_regions,
    read_again,
    read_all,
    read_one,
    readers,
)
from nephoscope.inventory.resource import Draft, Reader, View
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied, CloudError
from nephoscope.model.item import Item

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Shelf(Reader):
    """Reads what the test lays down: a value is a resource, an error is raised."""

    type = "Test::Shelf::Thing"
    permissions = ("test:List",)
    makes_calls = True
    things: list = field(default_factory=list)

    def find(self, view):
        for thing in self.things:
            if isinstance(thing, Exception):
                raise thing
            yield thing

    def get(self, view, id):
        return next((thing for thing in self.things if thing == id), None)

    def draft(self, view, found):
        if callable(found):
            found()
        return Draft({"Id": found})

    def id(self, configuration):
        return configuration["Id"]


def view():
    return View(None, "1", "eu-west-1", NOW)


def denied():
    error = AccessDenied("test:List", "AccessDenied")
    error.permission = "test:List"
    return error


def failing(error):
    def fail():
        raise error

    return fail


def test_a_denied_list_is_a_gap_and_never_an_empty_list():
    listing = read_all(Shelf([denied()]), view())

    assert listing.gaps == (Gap("read", "Test::Shelf::Thing", "test:List was denied", "1", "eu-west-1", "test:List"),)
    assert listing.deleted([("1", "eu-west-1", "Test::Shelf::Thing", "a")]) == []


def test_what_was_listed_before_an_error_is_kept():
    listing = read_all(Shelf(["a", "b", CloudError("test:List", "Boom")]), view())

    assert [item.id for item in listing.items] == ["a", "b"]
    assert not listing.is_complete


def test_one_resource_that_cannot_be_understood_leaves_the_others():
    listing = read_all(Shelf(["a", failing(KeyError("odd")), "b"]), view())

    assert [item.id for item in listing.items] == ["a", "b"]
    assert "KeyError" in listing.gaps[0].cause


def test_a_resource_deleted_while_reading_is_no_gap():
    listing = read_all(Shelf(["a", failing(CloudError("test:Get", "NoSuchThing"))]), view())

    assert [item.id for item in listing.items] == ["a"]
    assert listing.is_complete


def test_only_a_complete_listing_says_what_is_gone():
    known = [
        ("1", "eu-west-1", "Test::Shelf::Thing", "a"),
        ("1", "eu-west-1", "Test::Shelf::Thing", "gone"),
        ("1", "us-east-1", "Test::Shelf::Thing", "elsewhere"),
        ("2", "eu-west-1", "Test::Shelf::Thing", "others"),
        ("1", "eu-west-1", "Test::Shelf::Box", "another type"),
    ]

    assert read_all(Shelf(["a"]), view()).deleted(known) == [known[1]]


def test_a_global_listing_covers_every_region():
    listing = Listing("AWS::S3::Bucket", "1", "global", ())

    assert listing.deleted([("1", "eu-west-1", "AWS::S3::Bucket", "b")]) == [("1", "eu-west-1", "AWS::S3::Bucket", "b")]


def test_resources_are_read_side_by_side_in_their_order():
    with ThreadPoolExecutor(4) as details:
        listing = read_all(Shelf([str(number) for number in range(50)]), view(), details)

    assert [item.id for item in listing.items] == [str(number) for number in range(50)]


def test_all_accounts_regions_and_types_are_read():
    plan = Plan((Shelf(["a"]),), {"1": ("eu-west-1", "us-east-1"), "2": ("eu-west-1",)})

    listings = list(Inventory(None, plan, NOW).run())

    assert {(one.account, one.region) for one in listings} == {
        ("1", "eu-west-1"),
        ("1", "us-east-1"),
        ("2", "eu-west-1"),
    }
    assert all(one.items for one in listings)


def test_stopping_early_stops_reading():
    plan = Plan((Shelf(["a"]),), {"1": tuple(f"region-{number}" for number in range(100))})

    run = Inventory(None, plan, NOW).run()
    next(run)

    run.close()


def test_every_reader_reads_another_type_and_is_named_for_it():
    for resource_type, reader in readers().items():
        module = type(reader).__module__.rpartition(".")[2]
        assert module.replace("_", "") == resource_type.replace("::", "").lower()
        assert reader.permissions
        assert type(reader).__doc__
        assert "Source: " in type(reader).__doc__ or hasattr(reader, "filter")


@pytest.mark.parametrize("reader", readers().values(), ids=lambda reader: reader.type)
def test_every_reader_that_is_denied_everything_has_a_gap_or_says_what_it_did_not_collect(reader):
    listing = read_all(reader, View(DeniedAws(), "123456789012", "us-east-1", NOW))

    assert listing.gaps
    assert not [item for item in listing.items if isinstance(item, Item)]


def test_one_resource_that_cannot_be_read_again_is_a_gap_and_not_deleted():
    listing = read_one(DeniedAws(), ("123456789012", "global", "AWS::IAM::User", "ann"))

    assert not listing.items
    assert listing.gaps[0].region == "global"


def test_resources_read_again_side_by_side_are_told_apart():
    keys = [("123456789012", "global", "AWS::IAM::User", name) for name in ("ann", "bob")]

    looks = read_again(DeniedAws(), [*keys, keys[0]])

    assert list(looks) == keys
    assert all(look.gaps and not look.items for look in looks.values())


def test_only_regions_that_are_switched_on_and_can_be_reached_are_read():
    assert enabled_regions(Regional(), "1") == ("eu-west-1", "us-east-1")


def test_parts_that_were_denied_are_gaps_once_per_type_and_do_not_make_a_listing_incomplete():
    denied = {"/Tags": "s3:GetBucketTagging was denied"}
    items = tuple(Item("AWS::S3::Bucket", id, "1", "eu-west-1", {}, not_collected=denied) for id in ("a", "b"))
    listing = Listing("AWS::S3::Bucket", "1", "global", items)

    [found] = listing.unseen
    assert (found.subject, found.permission) == ("AWS::S3::Bucket/Tags", "s3:GetBucketTagging")
    assert listing.is_complete


class Regional:
    region = "us-east-1"

    def call(self, *_, **__):
        on = ("us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1")
        enabled = [{"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in on]
        return {"Regions": [*enabled, {"RegionName": "me-south-1", "OptInStatus": "not-opted-in"}]}


class DeniedAws:
    def call(self, service, operation, **_):
        error = AccessDenied(f"{service}:{operation}", "AccessDenied")
        error.permission = f"{service}:{operation}"
        raise error

    def pages(self, service, operation, **_):
        self.call(service, operation)


def test_a_pass_asks_before_each_part_and_each_resource_whether_it_may_go_on():
    asked = []
    plan = Plan((Shelf(["a", "b"]),), {"1": ("eu-west-1",)})

    assert [len(listing.items) for listing in Inventory(None, plan, NOW, lambda: asked.append(1)).run()] == [2]
    assert len(asked) == 3


class Clock:
    """A provider whose answers say what time it is."""

    def __init__(self, headers):
        self.headers = headers

    def call(self, *_, **__):
        return {"ResponseMetadata": {"HTTPHeaders": self.headers}}


def test_the_providers_clock_is_read_from_its_answer_if_it_says():
    assert clock_of(Clock({"date": "Thu, 01 Jan 2026 00:00:00 GMT"}), "1") == NOW
    assert clock_of(Clock({}), "1") is None
    assert clock_of(DeniedAws(), "1") is None
