from nephoscope.respond.actions.aws_deny_role import AwsDenyRole
from tests.respond.estate import ask, place, role
from tests.respond.harness import TOKEN, Known, Promises, world_of


class TestDenyRole(Promises):
    unused = frozenset()

    def arrange(self, aws):
        """The denial of the role web."""
        role(aws)
        return AwsDenyRole(*place(aws), "web")

    def changed_back(self, aws, action, state):
        ask(aws, "iam", "DeleteRolePolicy", RoleName="web", PolicyName=TOKEN)

    def gone(self, aws, action):
        ask(aws, "iam", "RemoveRoleFromInstanceProfile", InstanceProfileName="web", RoleName="web")
        for name in ("own", TOKEN):
            ask(aws, "iam", "DeleteRolePolicy", RoleName="web", PolicyName=name)
        ask(aws, "iam", "DeleteRole", RoleName="web")

    def test_everything_is_denied_beside_what_was_there(self, action, world, state, aws):
        action.apply(world, state)

        named = {"RoleName": "web", "PolicyName": TOKEN}
        [statement] = ask(aws, "iam", "GetRolePolicy", **named)["PolicyDocument"]["Statement"]
        assert statement == {"Effect": "Deny", "Resource": "*", "Action": "*"}

    def test_the_plan_names_who_uses_the_role(self, action, aws, state):
        seen = Known(happened=[{"actor.user.uid": "arn:aws:sts::123456789012:assumed-role/web/i-7"}])
        assert "assumed-role/web/i-7" in " ".join(action.plan(world_of(aws, seen), state))
