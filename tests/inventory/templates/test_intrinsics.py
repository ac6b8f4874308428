import base64

import pytest

from nephoscope.inventory.templates.intrinsics import NOTHING, Scope
from nephoscope.inventory.templates.unresolved import Unresolved

SCOPE = Scope(
    parameters={"Env": "prod", "Zones": ["a", "b"], "Secret": Unresolved("the parameter Secret has no default")},
    mappings={"Sizes": {"prod": {"type": "m5.large"}}},
    conditions={
        "IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
        "IsTest": {"Fn::Not": [{"Condition": "IsProd"}]},
        "HasSecret": {"Fn::Equals": [{"Ref": "Secret"}, "x"]},
        "InRegion": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
        "Loop": {"Condition": "Loop"},
        "Either": {"Fn::Or": [{"Condition": "HasSecret"}, {"Condition": "IsProd"}]},
        "Both": {"Fn::And": [{"Condition": "HasSecret"}, {"Condition": "IsTest"}]},
    },
    resources=frozenset({"Key"}),
)


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "Env"}, "prod"),
        ({"Ref": "Key"}, "${Key}"),
        ({"Fn::GetAtt": ["Key", "Arn"]}, "${Key.Arn}"),
        ({"Fn::Sub": "arn:${AWS::Partition}:s3:::${Env}-${!x}"}, "arn:${AWS::Partition}:s3:::prod-${x}"),
        ({"Fn::Sub": ["${a}!", {"a": {"Ref": "Env"}}]}, "prod!"),
        ({"Fn::Join": ["-", ["x", {"Ref": "Env"}]]}, "x-prod"),
        ({"Fn::Select": ["1", {"Ref": "Zones"}]}, "b"),
        ({"Fn::Select": [0, {"Fn::Split": [",", "p,q"]}]}, "p"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Env"}, "type"]}, "m5.large"),
        ({"Fn::If": ["IsProd", 1, 2]}, 1),
        ({"Fn::If": ["IsTest", 1, 2]}, 2),
        ({"Fn::If": ["Either", 1, 2]}, 1),
        ({"Fn::If": ["Both", 1, 2]}, 2),
        ({"Fn::Base64": "hello"}, base64.b64encode(b"hello").decode()),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
    ],
)
def test_what_a_template_decides_is_decided(value, resolved):
    assert SCOPE.resolve(value) == resolved


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Secret"},
        {"Ref": "Nobody"},
        {"Fn::Sub": "${Secret}"},
        {"Fn::Join": ["", ["x", {"Ref": "Secret"}]]},
        {"Fn::ImportValue": "x"},
        {"Fn::If": ["HasSecret", 1, 2]},
        {"Fn::If": ["InRegion", 1, 2]},
        {"Fn::If": ["Loop", 1, 2]},
        {"Fn::If": ["Undefined", 1, 2]},
        {"Fn::If": ["IsProd"]},
        {"Fn::Select": [9, ["a"]]},
        {"Fn::FindInMap": ["Sizes", "dev", "type"]},
        {"Fn::Split": 3},
        {"Fn::Macro": {}},
    ],
)
def test_what_it_does_not_decide_is_unresolved_with_its_cause(value):
    found = SCOPE.resolve(value)

    assert isinstance(found, Unresolved)
    assert found.cause


def test_no_value_is_nothing():
    assert SCOPE.resolve({"Ref": "AWS::NoValue"}) is NOTHING


def test_texts_that_double_with_each_step_are_bounded():
    value: dict = {"Fn::Sub": "hahaha"}
    for _ in range(60):
        value = {"Fn::Sub": ["${a}${a}", {"a": value}]}
    assert isinstance(SCOPE.resolve(value), Unresolved)
    assert isinstance(SCOPE.resolve({"Fn::Join": ["x" * 100_000, ["y"] * 100]}), Unresolved)
