import pytest

from nephoscope.respond.actions.aws_tag_resource import AwsTagResource
from tests.respond.estate import ask, instance, place
from tests.respond.harness import Promises


class TestTagResource(Promises):
    def arrange(self, aws):
        """A tag on a running instance."""
        return AwsTagResource(*place(aws), instance(aws)["InstanceId"], "status")

    unused = frozenset()

    def changed_back(self, aws, action, state):
        ask(aws, "ec2", "DeleteTags", Resources=[action.resource_id], Tags=[{"Key": "status"}])

    @pytest.mark.skip("EC2 lists the tags of what is not there as none")
    def test_what_is_gone_is_refused_and_does_not_stop_a_revert(self):
        """Nothing to see."""

    def test_another_value_is_put_back(self, action, world, aws):
        ask(aws, "ec2", "CreateTags", Resources=[action.resource_id], Tags=[{"Key": "status", "Value": "live"}])
        before = action.state(world)

        action.apply(world, before)
        assert action.state(world) == {"value": "run1"}

        action.revert(world, before)
        assert action.state(world) == before == {"value": "live"}
