from nephoscope.respond.actions.aws_deny_user import AwsDenyUser
from tests.respond.estate import ask, place
from tests.respond.harness import TOKEN, Promises


class TestDenyUser(Promises):
    unused = frozenset()

    def arrange(self, aws):
        """The denial of the user ann."""
        ask(aws, "iam", "CreateUser", UserName="ann")
        return AwsDenyUser(*place(aws), "ann")

    def changed_back(self, aws, action, state):
        ask(aws, "iam", "DeleteUserPolicy", UserName="ann", PolicyName=TOKEN)

    def gone(self, aws, action):
        ask(aws, "iam", "DeleteUserPolicy", UserName="ann", PolicyName=TOKEN)
        ask(aws, "iam", "DeleteUser", UserName="ann")

    def test_everything_is_denied_beside_what_was_there(self, action, world, state, aws):
        action.apply(world, state)

        named = {"UserName": "ann", "PolicyName": TOKEN}
        [statement] = ask(aws, "iam", "GetUserPolicy", **named)["PolicyDocument"]["Statement"]
        assert statement == {"Effect": "Deny", "Resource": "*", "Action": "*"}
