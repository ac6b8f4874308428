import pytest

from nephoscope.assess.attributes import is_on
from nephoscope.model.errors import NotCollected
from nephoscope.model.view import guarded


def balancer(*pairs, **holes):
    attributes = [{"Key": key, "Value": value} for key, value in pairs]
    return guarded({"LoadBalancerAttributes": attributes}, holes.get("not_collected", {}))


@pytest.mark.parametrize(("value", "on"), [("true", True), (True, True), ("True", True), ("false", False), ("", False)])
def test_an_attribute_is_on_when_it_says_true(value, on):
    assert is_on(balancer(("a", value)), "a") is on


def test_an_attribute_that_is_not_set_is_off():
    assert not is_on(balancer(("b", "true")), "a")
    assert not is_on(guarded({}, {}), "a")


def test_an_attribute_that_was_not_read_is_not_off():
    with pytest.raises(NotCollected):
        is_on(balancer(("a", None), not_collected={"/LoadBalancerAttributes/0/Value": "Ref"}), "a")
