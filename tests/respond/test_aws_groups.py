from nephoscope.respond.actions.aws_isolate_instance import AwsIsolateInstance


class Empty:
    """AWS in which nothing is there any more."""

    calls = 0

    def pages(self, service, operation, **params):
        assert params["Filters"] == [{"Name": "group-name", "Values": ["nephoscope-r-1"]}]
        yield {"SecurityGroups": []}

    def call(self, service, operation, **params):
        self.calls += 1


class World:
    token = "nephoscope-r-1"
    aws = Empty()


def test_groups_are_found_by_the_steps_token_and_unmaking_none_does_nothing():
    action = AwsIsolateInstance("123456789012", "eu-west-1", "i-1")
    action.unmake(World)

    assert action.made(World) == {}
    assert World.aws.calls == 0
