import pytest

from nephoscope.inventory.templates.hcl_functions import FUNCTIONS
from nephoscope.inventory.templates.unresolved import Unresolved


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("flatten", ([[1, [2]], 3],), [1, 2, 3]),
        ("distinct", ([1, 1, 2],), [1, 2]),
        ("element", ([1, 2], 3), 2),
        ("lookup", ({"a": 1}, "b", 2), 2),
        ("format", ("%s-%v-%d", "a", True, 3), "a-true-3"),
        ("join", (",", ["a", 1]), "a,1"),
        ("keys", ({"b": 1, "a": 2},), ["a", "b"]),
        ("values", ({"b": 1, "a": 2},), [2, 1]),
        ("tonumber", ("3",), 3),
        ("substr", ("hello", 1, 3), "ell"),
        ("toset", (["b", "b"],), ["b"]),
        ("zipmap", (["a"], [1]), {"a": 1}),
        ("one", ([],), None),
        ("compact", (["", "a", None],), ["a"]),
        ("base64decode", ("aGk=",), "hi"),
    ],
)
def test_functions_answer_as_terraforms_do(name, arguments, value):
    assert FUNCTIONS[name](*arguments) == value


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("lookup", ({}, "a")), ("element", ([], 0)), ("replace", ("aaa", "/a+/", "b")), ("range", (10**9,))],
)
def test_what_is_not_supported_is_unresolved(name, arguments):
    assert isinstance(FUNCTIONS[name](*arguments), Unresolved)
