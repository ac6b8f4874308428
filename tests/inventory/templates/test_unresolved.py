from nephoscope.inventory.templates.unresolved import Unresolved, settle, unresolved_in

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
