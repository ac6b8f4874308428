from dataclasses import replace

from nephoscope.respond.actions.aws_unshare_db_snapshot import AwsUnshareDbSnapshot
from tests.respond.estate import ask, place
from tests.respond.harness import Promises


def share(aws, *whom):
    given = {"DBSnapshotIdentifier": "orders-1", "AttributeName": "restore", "ValuesToAdd": list(whom)}
    ask(aws, "rds", "ModifyDBSnapshotAttribute", **given)


class TestUnshareDbSnapshot(Promises):
    unused = frozenset()

    def arrange(self, aws):
        """The taking back of a database's snapshot from everybody and another account."""
        made = {"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20}
        people = {"MasterUsername": "admin", "MasterUserPassword": "passw0rd!"}
        ask(aws, "rds", "CreateDBInstance", DBInstanceIdentifier="orders", **made, **people)
        ask(aws, "rds", "CreateDBSnapshot", DBInstanceIdentifier="orders", DBSnapshotIdentifier="orders-1")
        share(aws, "all", "999999999999")
        return AwsUnshareDbSnapshot(*place(aws), "orders-1")

    def changed_back(self, aws, action, state):
        share(aws, "all")

    def gone(self, aws, action):
        ask(aws, "rds", "DeleteDBSnapshot", DBSnapshotIdentifier="orders-1")

    def test_accounts_that_are_kept_go_on_having_it(self, action, world):
        kept = replace(action, keep=("999999999999",))
        state = kept.state(world)
        kept.apply(world, state)

        assert action.state(world) == {"shared": ["999999999999"]}
        assert kept.verify(world, state) == ""
