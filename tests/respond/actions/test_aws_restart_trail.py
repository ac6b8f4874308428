from dataclasses import replace

from nephoscope.respond.actions.aws_restart_trail import AwsRestartTrail
from tests.respond.estate import ask, place
from tests.respond.harness import Promises


class TestRestartTrail(Promises):
    unused = frozenset()

    def arrange(self, aws):
        """The start of the trail `main`, which was stopped; it is to be stopped again when that is taken back."""
        ask(aws, "s3", "CreateBucket", Bucket="archive")
        ask(aws, "cloudtrail", "CreateTrail", Name="main", S3BucketName="archive")
        return AwsRestartTrail(*place(aws), "main", stop_on_revert=True)

    def changed_back(self, aws, action, state):
        ask(aws, "cloudtrail", "StopLogging", Name="main")

    def gone(self, aws, action):
        ask(aws, "cloudtrail", "DeleteTrail", Name="main")

    def test_taking_it_back_stops_the_trail_only_when_asked(self, action, world, state):
        action.apply(world, state)

        replace(action, stop_on_revert=False).revert(world, state)
        assert action.state(world) == {"is_logging": True}

        action.revert(world, state)
        assert action.state(world) == state == {"is_logging": False}

    def test_a_trail_that_was_logging_is_never_stopped(self, action, world, state):
        action.apply(world, state)
        action.revert(world, {"is_logging": True})

        assert action.state(world) == {"is_logging": True}
