import json

from nephoscope.respond.actions.aws_block_public_bucket import BLOCKS, AwsBlockPublicBucket
from tests.respond.estate import ACCOUNT, ask, place
from tests.respond.harness import Known, Promises, world_of

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}],
}


class TestBlockPublicBucket(Promises):
    unused = frozenset()

    def arrange(self, aws):
        """The closing of the bucket `site`, which policy and list open to everybody."""
        ask(aws, "s3", "CreateBucket", Bucket="site")
        ask(aws, "s3", "PutBucketPolicy", Bucket="site", Policy=json.dumps(POLICY))
        ask(aws, "s3", "PutBucketAcl", Bucket="site", ACL="public-read")
        return AwsBlockPublicBucket(*place(aws), "site")

    def changed_back(self, aws, action, state):
        ask(aws, "s3", "DeletePublicAccessBlock", Bucket="site")

    def gone(self, aws, action):
        ask(aws, "s3", "DeleteBucket", Bucket="site")

    def test_policy_and_grants_are_remembered_and_stay(self, action, world, state):
        assert (state["block"], state["policy"], state["grants"]) == (None, POLICY, ["READ"])

        action.apply(world, state)
        assert action.state(world) == state | {"block": dict.fromkeys(BLOCKS, True)}

    def test_a_block_in_part_is_put_back_in_part(self, action, world, aws):
        part = dict.fromkeys(BLOCKS, False) | {"BlockPublicAcls": True}
        ask(aws, "s3", "PutPublicAccessBlock", Bucket="site", PublicAccessBlockConfiguration=part)
        before = action.state(world)

        action.apply(world, before)
        action.revert(world, before)
        assert action.state(world)["block"] == part

    def test_the_plan_counts_those_without_a_name(self, action, aws, state):
        reads = [{"src_endpoint.ip": "192.0.2.7"}, {"src_endpoint.ip": "192.0.2.8", "actor.user.account.uid": ACCOUNT}]
        assert "1 such addresses" in " ".join(action.plan(world_of(aws, Known(happened=reads)), state))
