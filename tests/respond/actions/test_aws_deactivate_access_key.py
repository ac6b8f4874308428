import pytest

from nephoscope.model.errors import Refused
from nephoscope.respond.actions.aws_deactivate_access_key import AwsDeactivateAccessKey
from tests.respond.estate import ACCOUNT, REGION, ask, place
from tests.respond.harness import Known, Promises, world_of


class TestDeactivateAccessKey(Promises):
    unused = frozenset()

    def arrange(self, aws):
        """The end of ann's key."""
        ask(aws, "iam", "CreateUser", UserName="ann")
        key = ask(aws, "iam", "CreateAccessKey", UserName="ann")["AccessKey"]
        return AwsDeactivateAccessKey(*place(aws), key["AccessKeyId"])

    def changed_back(self, aws, action, state):
        given = {"UserName": "ann", "AccessKeyId": action.access_key_id, "Status": "Active"}
        ask(aws, "iam", "UpdateAccessKey", **given)

    def gone(self, aws, action):
        ask(aws, "iam", "DeleteAccessKey", UserName="ann", AccessKeyId=action.access_key_id)

    def test_later_steps_are_told_whose_it_is(self, action, world, state):
        assert action.apply(world, state) == {"user": "ann"}

    def test_a_key_that_was_inactive_stays_so_when_put_back(self, action, world, aws):
        given = {"UserName": "ann", "AccessKeyId": action.access_key_id, "Status": "Inactive"}
        ask(aws, "iam", "UpdateAccessKey", **given)
        before = action.state(world)

        action.apply(world, before)
        action.revert(world, before)
        assert action.state(world)["status"] == "Inactive"

    def test_a_temporary_key_is_refused(self, world):
        with pytest.raises(Refused, match="ASIA1"):
            AwsDeactivateAccessKey(ACCOUNT, REGION, "ASIA1").state(world)

    def test_the_plan_says_how_often_it_was_used(self, action, aws, state):
        plan = action.plan(world_of(aws, Known(happened=[{}, {}])), state)
        assert "2 calls" in plan[0]
