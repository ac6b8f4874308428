from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.response import Target
from nephoscope.respond.aws_action import AwsAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
NO_BLOCK = ("NoSuchPublicAccessBlockConfiguration",)
NO_POLICY = ("NoSuchBucketPolicy",)
NO_BUCKET = ("NoSuchBucket", "404")
EVERYBODY = "http://acs.amazonaws.com/groups/"


@dataclass(frozen=True)
class AwsBlockPublicBucket(AwsAction):
    """Close an S3 bucket to the public: block all four kinds of public access. Its policy and grants stay as they are.

    Limits: presigned URLs go on working until they end, as does access that the policy grants to named accounts and no
    public statement touches. What was copied is copied. A CloudFront distribution that reads as the public stops.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """

    bucket: str

    tactic = "contain"
    permissions = (
        "s3:GetBucketPublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
        "s3:GetBucketPolicy",
        "s3:GetBucketAcl",
    )
    may_differ = ("policy", "grants")  # kept to be read; never changed by it

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::S3::Bucket", self.bucket)

    def state(self, world: World) -> State:
        """{block, policy, grants}; block is null where there is none; grants: permissions of everybody."""
        grants = self.needed(world, "s3", "GetBucketAcl", NO_BUCKET, **self._named)["Grants"]
        policy = self.maybe(world, "s3", "GetBucketPolicy", NO_POLICY, **self._named)
        public = [each["Permission"] for each in grants if str(each["Grantee"].get("URI", "")).startswith(EVERYBODY)]
        return {
            "block": self._block(world),
            "policy": json.loads(policy["Policy"]) if policy else None,
            "grants": sorted(public),
        }

    def apply(self, world: World, state: State) -> State:
        self._put(world, dict.fromkeys(BLOCKS, True))
        return {}

    def verify(self, world: World, state: State) -> str:
        block: dict[str, Any] = self._block(world) or {}
        is_off = [name for name in BLOCKS if not block.get(name)]
        return f"not blocked on {self.bucket}: {', '.join(is_off)}" if is_off else ""

    def revert(self, world: World, state: State) -> None:
        if state["block"] is not None:
            self._put(world, state["block"])
        else:
            self.needed(world, "s3", "DeletePublicAccessBlock", NO_BUCKET, **self._named)

    def plan(self, world: World, state: State) -> Sequence[str]:
        block: dict[str, bool] = state["block"] or {}
        is_off = [name for name in BLOCKS if not block.get(name)]
        events = world.known.events(self.account, resource=f"arn:aws:s3:::{self.bucket}", days=7)
        outside = {str(each.get("src_endpoint.ip")) for each in events if not each.get("actor.user.account.uid")}
        return (
            f"{self.bucket}: {', '.join(is_off) or 'nothing'} off → on; public grants: "
            f"{', '.join(state['grants']) or 'none'}; its policy ({'there' if state['policy'] else 'none'}) stays.",
            f"Cuts off whoever reads without a name; {len(outside)} such addresses are on record in the last 7 days. "
            "Other accounts are cut off too where the policy that lets them in is public.",
        )

    @property
    def _named(self) -> dict[str, str]:
        """The bucket, and whose it must be: names are the whole world's."""
        return {"Bucket": self.bucket, "ExpectedBucketOwner": self.account}

    def _block(self, world: World) -> dict[str, Any] | None:
        found = self.maybe(world, "s3", "GetPublicAccessBlock", NO_BLOCK, **self._named)
        if found is None:
            return None
        return {name: bool(found["PublicAccessBlockConfiguration"].get(name)) for name in BLOCKS}

    def _put(self, world: World, block: State) -> None:
        asked = {**self._named, "PublicAccessBlockConfiguration": dict(block)}
        self.needed(world, "s3", "PutPublicAccessBlock", NO_BUCKET, **asked)
