import json
from pathlib import Path

import pytest

from nephoscope.inventory.engine import readers
from nephoscope.inventory.event_map import DATA, ONLY, SCHEMAS, TOUCHED, build, properties_of, sources_of, types_of


def test_the_map_is_what_cfn_lints_schemas_say():
    cfnlint = pytest.importorskip("cfnlint")

    assert build(Path(cfnlint.__file__).parent / SCHEMAS) == json.loads(DATA.read_text())


def named_here():
    several = [types for names in TOUCHED.values() for types in names.values()]
    return {one for types in several for one in ([types] if isinstance(types, str) else types)}


def test_every_type_that_is_named_here_has_a_reader():
    named = {
        one
        for names in TOUCHED.values()
        for types in names.values()
        for one in ([types] if isinstance(types, str) else types)
    }

    assert named <= set(readers())


def test_every_type_has_an_event_that_makes_it_read_again():
    by_event = {one for source in json.loads(DATA.read_text()).values() for types in source.values() for one in types}
    by_event |= {
        one
        for names in TOUCHED.values()
        for types in names.values()
        for one in ([types] if isinstance(types, str) else types)
    }

    assert set(readers()) <= by_event


def test_every_reader_says_how_events_name_its_resources():
    for reader in readers().values():
        assert bool(reader.named_by) + bool(reader.id_prefix) + reader.is_one_per_account == 1, reader.type


@pytest.mark.parametrize(
    ("source", "name", "types"),
    [
        ("ec2.amazonaws.com", "AuthorizeSecurityGroupIngress", ("AWS::EC2::SecurityGroup",)),
        ("lambda.amazonaws.com", "AddPermission20150331v2", ("AWS::Lambda::Function",)),
        ("s3.amazonaws.com", "PutBucketEncryption", ("AWS::S3::Bucket",)),
        ("dynamodb.amazonaws.com", "PutItem", ()),
        ("signin.amazonaws.com", "ConsoleLogin", ()),
    ],
)
def test_an_event_is_mapped_to_the_types_it_changes(source, name, types):
    assert types_of(source, name) == types


def test_the_services_that_change_a_type_are_known():
    assert sources_of({"AWS::S3::Bucket"}) == ["s3"]
    assert sources_of({"Test::No::Thing"}) == []


def test_events_that_touch_only_some_properties_say_so():
    assert properties_of("PutUserPolicy") == {"Policies"}
    assert properties_of("TagResource") == {"Tags", "FileSystemTags"}
    assert properties_of("ModifyInstanceAttribute") is None
    assert all(properties.split() for properties in ONLY.values())
