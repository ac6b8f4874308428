from nephoscope.respond.actions.aws_disable_instance_metadata import AwsDisableInstanceMetadata
from tests.respond.estate import ask, instance, place, terminate
from tests.respond.harness import Promises


class TestDisableInstanceMetadata(Promises):
    def arrange(self, aws):
        """The end of the metadata service of an instance that asks for tokens, two hops away."""
        launched = instance(aws)["InstanceId"]
        options = {"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "InstanceMetadataTags": "enabled"}
        ask(aws, "ec2", "ModifyInstanceMetadataOptions", InstanceId=launched, HttpEndpoint="enabled", **options)
        return AwsDisableInstanceMetadata(*place(aws), launched)

    def changed_back(self, aws, action, state):
        ask(aws, "ec2", "ModifyInstanceMetadataOptions", InstanceId=action.instance_id, HttpEndpoint="enabled")

    def gone(self, aws, action):
        terminate(aws, action.instance_id)

    def test_all_options_are_remembered(self, state):
        assert state == {
            "HttpEndpoint": "enabled",
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 2,
            "InstanceMetadataTags": "enabled",
        }
