from dataclasses import replace
from datetime import timedelta

from tests.store.samples import NOON

from nephoscope.model.item import Item, Relationship
from nephoscope.store.items import (
    ItemFilter,
    Revision,
    current_digests,
    current_items,
    deleted_items,
    digest_of,
    each_latest,
    insert_revisions,
    item_history,
    items_as_of,
    keys_named,
    latest_revisions,
    revisions_between,
)

HOUR = timedelta(hours=1)
BUCKET = Item(
    "AWS::S3::Bucket",
    "logs",
    "111111111111",
    "eu-west-1",
    {"BucketName": "logs", "odd": ["\x00", None, {"é": 1.5}]},
    observed={"Objects": 3},
    not_collected={"/Policy": "AccessDenied"},
    relationships=(Relationship("uses", "AWS::KMS::Key", "k"),),
    arn="arn:aws:s3:::logs",
    name="logs",
    tags={"team": "core"},
)
ROLE = Item("AWS::IAM::Role", "admin", "222222222222", "global", {"RoleName": "admin"})


def _revision(item, hours, configuration=None, **others):
    item = replace(item, configuration=configuration or item.configuration)
    return Revision(item, digest_of(item), NOON + hours * HOUR, **others)


def _insert(lake, *revisions, token="t"):
    insert_revisions(lake, revisions, token + "".join(each.digest + str(each.captured_at) for each in revisions))


def test_a_revision_is_kept_whole(lake):
    attribution = {"event_uid": "e1", "actor": {"uid": "arn:aws:iam::1:user/mallory"}}
    revision = _revision(BUCKET, 0, previous_digest="d0", changed=("/Policy", "/odd/0"), attribution=attribution)
    _insert(lake, revision)
    [found] = current_items(lake)
    assert found == replace(revision, item=replace(BUCKET, captured_at=NOON))


def test_a_revision_inserted_again_is_there_once_and_its_attribution_may_come_later(lake):
    _insert(lake, _revision(BUCKET, 0))
    _insert(lake, _revision(BUCKET, 0))
    _insert(lake, _revision(BUCKET, 0, attribution={"event_uid": "e1"}), token="again")
    [found] = item_history(lake, BUCKET.key)
    assert found.attribution == {"event_uid": "e1"}


def test_the_state_as_of_any_moment_is_known(lake):
    _insert(lake, _revision(BUCKET, 0), _revision(ROLE, 1), _revision(BUCKET, 2, {"BucketName": "logs", "v": 2}))
    _insert(lake, _revision(BUCKET, 4, {"BucketName": "logs", "v": 2}, is_deleted=True))
    assert items_as_of(lake, NOON - HOUR) == []
    assert [each.item.key for each in items_as_of(lake, NOON)] == [BUCKET.key]
    assert [each.item.configuration.get("v") for each in items_as_of(lake, NOON + 3 * HOUR)] == [2, None]
    assert [each.item.key for each in items_as_of(lake, NOON + 5 * HOUR)] == [ROLE.key]
    assert [each.item.key for each in current_items(lake)] == [ROLE.key]
    assert [each.item.key for each in deleted_items(lake)] == [BUCKET.key]
    assert [each.captured_at for each in item_history(lake, BUCKET.key)] == [NOON + n * HOUR for n in (4, 2, 0)]
    assert len(revisions_between(lake, NOON + HOUR, NOON + 4 * HOUR)) == 2


def test_a_resource_that_comes_back_exists_again(lake):
    _insert(lake, _revision(BUCKET, 0), _revision(BUCKET, 1, is_deleted=True), _revision(BUCKET, 2))
    assert [each.item.key for each in current_items(lake)] == [BUCKET.key]
    assert current_digests(lake) == {BUCKET.key: digest_of(BUCKET)}


def test_items_are_narrowed_by_account_region_and_type(lake):
    _insert(lake, _revision(BUCKET, 0), _revision(ROLE, 0))
    for wanted in (
        ItemFilter(account="222222222222"),
        ItemFilter(region="global"),
        ItemFilter(types=("AWS::IAM::Role",)),
    ):
        assert [each.item.key for each in current_items(lake, wanted)] == [ROLE.key]
    assert current_items(lake, ItemFilter(types=("x') OR 1=1 --",))) == []
    assert set(current_digests(lake)) == {BUCKET.key, ROLE.key}


def test_the_last_revisions_of_several_items_are_given_at_once(lake):
    _insert(lake, _revision(BUCKET, 0), _revision(BUCKET, 1, {"BucketName": "b"}), _revision(ROLE, 0))
    found = latest_revisions(lake, [BUCKET.key, ROLE.key, (*ROLE.key[:3], "nobody")], each=2)
    assert [each.captured_at for each in found[BUCKET.key]] == [NOON + HOUR, NOON]
    assert set(found) == {BUCKET.key, ROLE.key}
    assert latest_revisions(lake, [ROLE.key])[ROLE.key][0].item.id == "admin"
    assert latest_revisions(lake, []) == {}


def test_the_digest_is_of_the_durable_part_only():
    reordered = replace(BUCKET, configuration=dict(reversed(BUCKET.configuration.items())))
    assert (
        digest_of(BUCKET)
        == digest_of(replace(BUCKET, observed={"Objects": 4}, captured_at=NOON))
        == digest_of(reordered)
    )
    assert digest_of(BUCKET) != digest_of(replace(BUCKET, tags={}))
    assert digest_of(BUCKET) != digest_of(replace(BUCKET, not_collected={}))


def test_hostile_text_is_kept_as_text(lake):
    hostile = Item("AWS::S3::Bucket", "'; DROP TABLE items; --\x00\ud800", "1", "r", {"k\ud800": "v\x00"})
    _insert(lake, _revision(hostile, 0))
    [found] = current_items(lake)
    assert found.item.id.startswith("'; DROP TABLE items; --")


def test_however_many_items_there_are_all_are_given_page_by_page(lake):
    many = [replace(BUCKET, id=f"b{number:03}", region=f"r{number % 3}") for number in range(57)]
    _insert(lake, *(_revision(item, 0) for item in many), *(_revision(item, 1, {"v": 1}) for item in many))
    _insert(lake, *(_revision(item, 2, is_deleted=True) for item in many[::5]))
    gone = {item.key for item in many[::5]}

    for page in (1, 7, 57, 1_000):
        there = [one.item.key for one in each_latest(lake, page=page)]
        assert there == sorted({item.key for item in many} - gone)
        assert {one.item.key for one in each_latest(lake, is_deleted=True, page=page)} == gone
        then = list(each_latest(lake, moment=NOON + HOUR, page=page))
        assert len(then) == 57
        assert {one.item.configuration["v"] for one in then} == {1}


def test_an_item_is_found_by_its_id_or_its_arn_and_nothing_else_is_asked_for(lake):
    _insert(lake, _revision(BUCKET, 0), _revision(replace(BUCKET, region="eu-north-1"), 0), _revision(ROLE, 0))
    _insert(lake, _revision(BUCKET, 1, is_deleted=True))
    buckets = ItemFilter(types=(BUCKET.type,))

    assert keys_named(lake, buckets, "logs") == [replace(BUCKET, region="eu-north-1").key, BUCKET.key]
    assert keys_named(lake, ItemFilter(region="eu-west-1"), "arn:aws:s3:::logs") == [BUCKET.key]
    assert keys_named(lake, buckets, "admin") == keys_named(lake, buckets, "") == []
