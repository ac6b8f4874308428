import pytest

from nephoscope.model.errors import Refused
from nephoscope.respond.actions.aws_protect_instance import AwsProtectInstance
from tests.respond.estate import ACCOUNT, REGION, ask, instance, place, terminate
from tests.respond.harness import Promises


class TestProtectInstance(Promises):
    def arrange(self, aws):
        """The protection of a running instance."""
        return AwsProtectInstance(*place(aws), instance(aws)["InstanceId"])

    def changed_back(self, aws, action, state):
        ask(aws, "ec2", "ModifyInstanceAttribute", InstanceId=action.instance_id, DisableApiStop={"Value": False})

    def gone(self, aws, action):
        terminate(aws, action.instance_id)

    def test_it_is_neither_terminated_nor_stopped_nor_ended_by_its_shutdown(self, action, world, state):
        action.apply(world, state)

        assert action.state(world) == {
            "disableApiTermination": True,
            "disableApiStop": True,
            "instanceInitiatedShutdownBehavior": "stop",
        }

    def test_what_was_protected_stays_so_when_put_back(self, action, world, aws):
        ask(aws, "ec2", "ModifyInstanceAttribute", InstanceId=action.instance_id, DisableApiTermination={"Value": True})
        before = action.state(world)

        action.apply(world, before)
        action.revert(world, before)
        assert action.state(world) == before
        assert before["disableApiTermination"] is True

    def test_a_spot_instance_is_refused(self, aws, world):
        image = ask(aws, "ec2", "RegisterImage", Name="spot", RootDeviceName="/dev/sda1")["ImageId"]
        launch = {"MinCount": 1, "MaxCount": 1, "InstanceMarketOptions": {"MarketType": "spot"}}
        spot = ask(aws, "ec2", "RunInstances", ImageId=image, **launch)["Instances"][0]["InstanceId"]

        with pytest.raises(Refused, match="Spot"):
            AwsProtectInstance(ACCOUNT, REGION, spot).state(world)
