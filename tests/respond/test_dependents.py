import pytest

from nephoscope.model.response import Target
from nephoscope.respond.dependents import used_by

TARGET = Target("1", "r", "AWS::EC2::Instance", "i-1")
GROUP = {"type": "AWS::ElasticLoadBalancingV2::TargetGroup", "id": "arn:1", "name": "web"}


class Known:
    def __init__(self, item, found):
        self.read, self.found = item, found

    def item(self, *_):
        return self.read

    def dependents(self, *_):
        return self.found


@pytest.mark.parametrize(
    ("item", "found", "said"),
    [
        ({}, [GROUP], "may depend on it: ElasticLoadBalancingV2::TargetGroup web."),
        ({}, [GROUP | {"name": "", "id": "x"}] * 10, "TargetGroup x, and 2 more."),
        ({}, [], "No other resource of its account names i-1, as last read."),
        (None, [], "i-1 was not read yet: what depends on it is not known."),
    ],
)
def test_what_uses_a_resource_is_named_and_what_is_not_known_is_said(item, found, said):
    assert used_by(Known(item, found), TARGET).endswith(said)
