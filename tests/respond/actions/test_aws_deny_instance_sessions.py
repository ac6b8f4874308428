from nephoscope.respond.actions.aws_deny_instance_sessions import AwsDenyInstanceSessions
from tests.respond.estate import ACCOUNT, REGION, ask, instance, place, role, terminate
from tests.respond.harness import TOKEN, Promises


class TestDenyInstanceSessions(Promises):
    def arrange(self, aws):
        """The denial of the sessions of a running instance with the role web."""
        role(aws)
        return AwsDenyInstanceSessions(*place(aws), instance(aws, "web")["InstanceId"])

    def changed_back(self, aws, action, state):
        ask(aws, "iam", "DeleteRolePolicy", RoleName="web", PolicyName=TOKEN)

    def gone(self, aws, action):
        terminate(aws, action.instance_id)

    def test_an_altered_policy_is_seen(self, action, world, state, aws):
        action.apply(world, state)
        allowed = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
        ask(aws, "iam", "PutRolePolicy", RoleName="web", PolicyName=TOKEN, PolicyDocument=allowed)

        assert "altered" in action.verify(world, state)

    def test_an_instance_without_a_role_has_nothing_to_deny(self, aws, world):
        action = AwsDenyInstanceSessions(ACCOUNT, REGION, instance(aws)["InstanceId"])
        state = action.state(world)
        action.apply(world, state)

        assert state == {"role": "", "is_denied": False}
        assert action.verify(world, state) == ""
        assert "has no role" in action.plan(world, state)[0]
