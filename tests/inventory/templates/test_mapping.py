import pytest

from nephoscope.inventory.templates.mapping import Json, Many, One, To, Via, declared_of, pascal
from nephoscope.inventory.templates.terraform import Resource
from nephoscope.inventory.templates.unresolved import Unresolved

HOLE = Unresolved("not said")


def declared(values, **to):
    return declared_of(Resource("aws_x", "aws_x.y", values, "m.tf", 3), {"aws_x": To("AWS::X::Y", **to)})


def test_names_are_spelled_as_cloudformation_spells_them():
    assert pascal("kms_key_id") == "KmsKeyId"
    assert declared({"kms_key_id": "k", "absent": None}).properties == {"KmsKeyId": "k"}


@pytest.mark.parametrize(
    ("target", "value", "properties"),
    [
        ("A.B", 1, {"A": {"B": 1}}),
        (None, 1, {}),
        (One("A", {"x": "X"}), [{"x": 1}], {"A": {"X": 1}}),
        (One("", {"x": "X"}), [{"x": 1}], {"X": 1}),
        (One("A"), [], {}),
        (Many("A"), [{"x": 1}, {"x": 2}], {"A": [{"X": 1}, {"X": 2}]}),
        (Json("A"), '{"x": 1}', {"A": {"x": 1}}),
        (Via("A", str), 1, {"A": "1"}),
    ],
)
def test_attributes_and_blocks_take_their_place(target, value, properties):
    assert declared({"it": value}, names={"it": target}).properties == properties


@pytest.mark.parametrize(
    ("target", "pointers"),
    [("A", ["/A"]), (One("A.B", {}), ["/A/B"]), (One("", {"x": "X", "y": "Y.Z"}), ["/X", "/Y/Z"]), (Json("A"), ["/A"])],
)
def test_what_is_not_known_is_not_known_wherever_it_would_stand(target, pointers):
    assert list(declared({"it": HOLE}, names={"it": target}).not_collected) == pointers


def test_a_policy_that_is_no_json_is_not_known():
    assert declared({"p": "${file}"}, names={"p": Json("P")}).not_collected["/P"]


def test_a_type_that_nobody_maps_keeps_its_own_name():
    found = declared_of(Resource("aws_unheard_of", "aws_unheard_of.x", {"tags": {"a": "b"}}, "m.tf", 3), {})
    assert found.type == "aws_unheard_of"
    assert found.properties == {"Tags": [{"Key": "a", "Value": "b"}]}
