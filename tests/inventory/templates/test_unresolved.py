from typing import Any

from nephoscope.inventory.templates.unresolved import (
    Elsewhere,
    Unresolved,
    bounded,
    partly,
    settle,
    unresolved_in,
    weigh,
)

HOLE = Unresolved("not said")


def test_holes_are_named_by_pointer_and_lists_keep_their_places():
    value = {"a/b": HOLE, "list": [1, HOLE, {"c": HOLE, "d": 2}]}

    assert settle(value) == (
        {"list": [1, None, {"d": 2}]},
        {"/a~1b": "not said", "/list/1": "not said", "/list/2/c": "not said"},
    )


def test_the_first_hole_among_values_is_found():
    assert unresolved_in(1, ["x", HOLE]) is HOLE
    assert unresolved_in(1, ["x"]) is None


def test_a_name_of_something_elsewhere_is_enough_where_only_a_name_can_stand():
    key = Elsewhere("it is imported", "${ImportValue:key}")
    assert settle({"KmsKeyId": key, "Mode": key}) == ({"KmsKeyId": "${ImportValue:key}"}, {"/Mode": "it is imported"})


def test_what_doubles_with_each_step_is_weighed_without_walking_all_of_it():
    value: list[Any] = []
    for _ in range(100):
        value = [value, value]
    assert weigh(value) > 2**99
    assert isinstance(bounded(value), Unresolved)
    assert bounded([1, 2]) == [1, 2]


def test_what_is_known_of_a_boot_script_stands_beside_it():
    script = partly(HOLE, "install --token ${Token}", "install --token ")
    assert settle({"UserData": script}) == ({"UserDataPart": "install --token ${Token}"}, {"/UserData": "not said"})
    assert partly(HOLE, "${Token}", "") is HOLE
