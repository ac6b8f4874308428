from nephoscope.respond.actions.aws_deregister_from_target_groups import AwsDeregisterFromTargetGroups
from tests.respond.estate import ACCOUNT, REGION, ask, instance, place, terminate
from tests.respond.harness import Promises


class TestDeregisterFromTargetGroups(Promises):
    def arrange(self, aws):
        """The leave of an instance that serves by its id, by its address, and behind a classic load balancer."""
        launched = instance(aws)
        vpc, address = launched["VpcId"], launched["PrivateIpAddress"]
        for name, kind, id_ in (("web", "instance", launched["InstanceId"]), ("api", "ip", address)):
            asked = {"Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": vpc, "TargetType": kind}
            made = ask(aws, "elbv2", "CreateTargetGroup", **asked)["TargetGroups"][0]["TargetGroupArn"]
            ask(aws, "elbv2", "RegisterTargets", TargetGroupArn=made, Targets=[{"Id": id_, "Port": 8080}])
        listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
        balancer = {"LoadBalancerName": "old"}
        ask(aws, "elb", "CreateLoadBalancer", **balancer, Listeners=[listener], Subnets=[launched["SubnetId"]])
        ask(
            aws,
            "elb",
            "RegisterInstancesWithLoadBalancer",
            **balancer,
            Instances=[{"InstanceId": launched["InstanceId"]}],
        )
        return AwsDeregisterFromTargetGroups(*place(aws), launched["InstanceId"])

    unused = frozenset()

    def changed_back(self, aws, action, state):
        arn, targets = next(iter(state["target_groups"].items()))
        ask(aws, "elbv2", "RegisterTargets", TargetGroupArn=arn, Targets=targets)

    def gone(self, aws, action):
        terminate(aws, action.instance_id)

    def test_its_id_its_address_and_its_classic_balancer_are_seen(self, state):
        names = {arn.split("/")[1] for arn in state["target_groups"]}
        assert names == {"web", "api"}
        assert state["load_balancers"] == ["old"]
        assert all(target["Port"] == 8080 for targets in state["target_groups"].values() for target in targets)

    def test_an_instance_that_serves_nobody_is_left_as_it_is(self, aws, world):
        action = AwsDeregisterFromTargetGroups(ACCOUNT, REGION, instance(aws)["InstanceId"])
        state = action.state(world)

        assert action.verify(world, state) == ""
        assert "nothing changes" in action.plan(world, state)[0]
