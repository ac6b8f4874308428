from nephoscope.respond.actions.aws_revoke_user_sessions import AwsRevokeUserSessions
from tests.respond.estate import ask, place
from tests.respond.harness import TOKEN, Promises


class TestRevokeUserSessions(Promises):
    unused = frozenset()

    def arrange(self, aws):
        """The end of ann's sessions."""
        ask(aws, "iam", "CreateUser", UserName="ann")
        return AwsRevokeUserSessions(*place(aws), "ann")

    def changed_back(self, aws, action, state):
        ask(aws, "iam", "DeleteUserPolicy", UserName="ann", PolicyName=TOKEN)

    def gone(self, aws, action):
        ask(aws, "iam", "DeleteUserPolicy", UserName="ann", PolicyName=TOKEN)
        ask(aws, "iam", "DeleteUser", UserName="ann")

    def test_only_sessions_from_before_the_recorded_moment_are_meant(self, action, world, state, aws):
        action.apply(world, state)

        named = {"UserName": "ann", "PolicyName": TOKEN}
        [statement] = ask(aws, "iam", "GetUserPolicy", **named)["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": state["before"]}}
