from nephoscope.respond.actions.aws_close_security_group_port import AwsCloseSecurityGroupPort
from tests.respond.estate import ACCOUNT, REGION, ask, group, network, place
from tests.respond.harness import Promises

RULES = [
    {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "for now"}, {"CidrIp": "10.0.0.0/8"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
    },
    {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
]
WIDE = {"IpProtocol": "tcp", "FromPort": 20, "ToPort": 30, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
TAGS = [{"Key": "for", "Value": "ops"}]


class TestCloseSecurityGroupPort(Promises):
    def arrange(self, aws):
        """The closing of port 22 of a group that also serves the world on 443, and the company on 22."""
        web = group(aws, network(aws)[0], "web")
        ask(aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=RULES)
        tagged = {"TagSpecifications": [{"ResourceType": "security-group-rule", "Tags": TAGS}]}
        ask(aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=web, IpPermissions=[WIDE], **tagged)
        return AwsCloseSecurityGroupPort(*place(aws), web, 22)

    def changed_back(self, aws, action, state):
        world_open = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ask(aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=action.group_id, IpPermissions=[world_open])

    def gone(self, aws, action):
        ask(aws, "ec2", "DeleteSecurityGroup", GroupId=action.group_id)

    def test_only_the_world_is_shut_out_and_only_on_that_port(self, action, world, state, aws):
        action.apply(world, state)

        left = AwsCloseSecurityGroupPort(ACCOUNT, REGION, action.group_id).state(world)["rules"]
        assert [(rule["from_port"], rule["range"]) for rule in left] == [(443, "0.0.0.0/0")]
        [found] = ask(aws, "ec2", "DescribeSecurityGroups", GroupIds=[action.group_id])["SecurityGroups"]
        kept = [one["CidrIp"] for rule in found["IpPermissions"] for one in rule["IpRanges"] if rule["FromPort"] == 22]
        assert kept == ["10.0.0.0/8"]

    def test_descriptions_and_tags_come_back(self, action, world, state):
        action.apply(world, state)
        action.revert(world, state)

        rules = action.state(world)["rules"]
        assert "for now" in [rule["description"] for rule in rules]
        assert [rule["tags"] for rule in rules if rule["to_port"] == 30] == [TAGS]

    def test_the_plan_says_which_rule_is_wider(self, action, world, state):
        assert "wider than port 22: tcp 20-30 from 0.0.0.0/0" in action.plan(world, state)[0]

    def test_everything_open_is_open_on_every_port(self, aws, world):
        wide = group(aws, network(aws)[0], "wide")
        rule = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ask(aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=wide, IpPermissions=[rule])
        action = AwsCloseSecurityGroupPort(ACCOUNT, REGION, wide, 22)
        state = action.state(world)

        assert action.apply(world, state) == {"revoked": ["everything from 0.0.0.0/0"]}
        action.revert(world, state)
        assert action.state(world) == state
