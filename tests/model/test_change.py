from hypothesis import given
from hypothesis import strategies as st

from nephoscope.model.change import MASK, Change, Kind, changes, differences, digest
from nephoscope.model.item import Item

SSH = {"IpProtocol": "tcp", "FromPort": 22, "CidrIp": "10.0.0.0/8"}
WEB = {"IpProtocol": "tcp", "FromPort": 443, "CidrIp": "0.0.0.0/0"}
configurations = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def item(configuration, **more):
    return Item("AWS::S3::Bucket", "b", "1", "eu-west-1", configuration, **more)


def test_a_changed_value_is_named_by_its_path():
    before, after = {"A": {"B": 1, "C": 2}}, {"A": {"B": 1, "C": 3}}

    assert differences(before, after) == (Change("/A/C", Kind.CHANGED, 2, 3),)


def test_elements_are_matched_by_their_natural_key_wherever_they_stand():
    before = {"Tags": [{"Key": "env", "Value": "dev"}, {"Key": "team", "Value": "red"}]}
    after = {"Tags": [{"Key": "team", "Value": "red"}, {"Key": "env", "Value": "prod"}]}

    assert differences(before, after) == (Change("/Tags/env/Value", Kind.CHANGED, "dev", "prod"),)


def test_a_rule_added_in_front_is_one_change():
    assert differences({"Rules": [SSH]}, {"Rules": [WEB, SSH]}) == (Change("/Rules/0", Kind.ADDED, None, WEB),)


def test_of_rules_without_a_name_the_one_that_differs_is_gone_through():
    wider = {**SSH, "CidrIp": "0.0.0.0/0"}

    [change] = differences({"Rules": [SSH, WEB]}, {"Rules": [wider, WEB]})

    assert change == Change("/Rules/0/CidrIp", Kind.CHANGED, "10.0.0.0/8", "0.0.0.0/0")


def test_elements_of_one_name_are_not_taken_for_each_other():
    twice = [{"Key": "a", "Value": 1}, {"Key": "a", "Value": 2}]

    assert differences({"L": twice}, {"L": [twice[0]]}) == (Change("/L/1", Kind.REMOVED, twice[1], None),)


def test_another_order_is_one_change():
    assert differences({"L": [1, 2]}, {"L": [2, 1]}) == (Change("/L", Kind.CHANGED, [1, 2], [2, 1]),)


def test_true_is_not_one():
    assert differences({"A": True}, {"A": 1})


def test_slashes_in_keys_are_escaped():
    [change] = differences({}, {"a/b": 1})

    assert (change.path, change.property) == ("/a~1b", "a/b")


def test_secrets_are_masked_on_both_sides_and_inside():
    [changed] = differences({"MasterUserPassword": "old"}, {"MasterUserPassword": "new"})
    [added] = differences({}, {"Database": {"Password": "hunter2", "Port": 1}})

    assert (changed.before, changed.after) == (MASK, MASK)
    assert added.after == {"Password": MASK, "Port": 1}


def test_what_was_not_collected_is_no_change():
    before = item({"BucketName": "b", "BucketPolicy": {"PolicyDocument": {}}})
    after = item({"BucketName": "b"}, not_collected={"/BucketPolicy": "s3:GetBucketPolicy was denied"})

    assert changes(before, after) == ()
    assert changes(after, before) == ()


def test_a_new_and_a_deleted_resource_show_all_they_have():
    assert changes(None, item({"A": 1})) == (Change("/A", Kind.ADDED, None, 1),)
    assert changes(item({"A": 1}), None) == (Change("/A", Kind.REMOVED, 1, None),)


def test_very_deep_values_are_compared_whole():
    before, after = {"end": 1}, {"end": 2}
    for _ in range(80):
        before, after = {"x": before}, {"x": after}

    [change] = differences(before, after)

    assert change.path.count("/x") < 80


@given(configurations)
def test_nothing_differs_from_itself(configuration):
    assert differences(configuration, configuration) == ()


@given(configurations, configurations)
def test_there_is_a_difference_exactly_if_the_digests_differ(before, after):
    assert bool(differences(before, after)) == (digest(before) != digest(after))


@given(configurations, configurations)
def test_what_is_added_one_way_is_removed_the_other(before, after):
    swap = {Kind.ADDED: Kind.REMOVED, Kind.REMOVED: Kind.ADDED, Kind.CHANGED: Kind.CHANGED}
    there = {(change.path, change.kind) for change in differences(before, after)}
    back = {(change.path, swap[change.kind]) for change in differences(after, before)}

    assert there == back


@given(configurations)
def test_the_order_of_keys_does_not_matter(configuration):
    assert digest(configuration) == digest(dict(reversed(configuration.items())))
