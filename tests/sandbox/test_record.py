"""What the sandbox records has the shape of what AWS recorded: the same keys, the same JSON types."""

import collections
import gzip
import json

import pytest

from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from tests.sandbox.calls import play
from tests.sandbox.conftest import ACCOUNT, Clients
from tests.shared_data import shared

# Events that AWS's services write by themselves, and operations that no public API model has.
NOT_MADE = {
    ("bedrock", "PutFoundationModelEntitlement"),
    ("ec2", "SharedSnapshotVolumeCreated"),
    ("rds", "DescribeRecommendationGroups"),
    ("rds", "DescribeRecommendations"),
    ("s3", "GetStorageLensDashboardDataInternal"),
    ("secretsmanager", "EndSecretVersionDelete"),
    ("secretsmanager", "StartSecretVersionDelete"),
    ("signin", "CheckMfa"),
    ("ssm", "ListInstanceAssociations"),
    ("ssm", "UpdateInstanceAssociationStatus"),
    ("ssm", "UpdateInstanceInformation"),
}
# what depends on the caller and the way there, not on the call; userIdentity is compared by itself
APART = frozenset(
    ("userIdentity", "vpcEndpointId", "sessionCredentialFromConsole", "tlsDetails", "sharedEventID", "errorMessage")
)
KINDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}


def shape(value, path=""):
    """Every key path of a JSON value with its type; the items of a list share a path."""
    yield path, KINDS.get(type(value), "null")
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from shape(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from shape(inner, f"{path}[]")


def event(record):
    return record["eventSource"].partition(".")[0], record["eventName"]


def by_event(records):
    found = collections.defaultdict(lambda: {True: [], False: []})
    for record in records:
        found[event(record)]["errorCode" in record].append(record)
    return found


@pytest.fixture(scope="module")
def real():
    """The real records, by event and whether they failed."""
    lines = [
        line
        for name in ("cloudtrail_invictus", "cloudtrail_stratus")
        for line in gzip.decompress((shared(name) / "events.jsonl.gz").read_bytes()).splitlines()
    ]
    return by_event(json.loads(line) for line in lines)


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """The sandbox's records of the calls that `calls.play` makes."""
    with start(tmp_path_factory.mktemp("records"), pace=Pace(3600, 3600, 3600)) as sandbox:
        play(Clients(sandbox))
        sandbox.steer("console-login", account=ACCOUNT, user_name="root", mfa=True)
        lines = (sandbox.folder / "records.jsonl").read_text().splitlines()
    return by_event(json.loads(line)["record"] for line in lines)


def difference(record, originals, part):
    """What a record has that no original has, and what it lacks that every original has."""
    shapes = [set(part(original)) for original in originals]
    mine = set(part(record))
    return (mine - set().union(*shapes)) | (shapes[0].intersection(*shapes[1:]) - mine)


def whole(record):
    return shape({name: value for name, value in record.items() if name not in APART})


def parameters(record):
    return shape(record["requestParameters"])


def differences(made, originals):
    """The least difference of any of our records from the real ones; of the parameters, where ours failed."""
    found = []
    for failed in (True, False):
        if made[failed] and originals[failed]:
            found += [difference(record, originals[failed], whole) for record in made[failed]]
    if not found:
        both = originals[True] + originals[False]
        found = [difference(record, both, parameters) for record in made[True] + made[False]]
    return min(found, key=len)


@pytest.mark.slow
def test_every_event_has_the_keys_and_types_that_aws_writes(real, ours):
    found = {event: differences(ours[event], real[event]) for event in real if event in ours}

    assert {event: sorted(wrong) for event, wrong in found.items() if wrong} == {}


@pytest.mark.slow
def test_every_real_event_is_made_or_its_absence_is_explained(real, ours):
    assert set(real) - set(ours) == NOT_MADE


@pytest.mark.slow
def test_a_caller_is_described_as_aws_describes_one(real, ours):
    def identities(records):
        """Identity shapes by type; web identity stood empty in records before version 1.09."""
        found = collections.defaultdict(set)
        for record in (one for kinds in records.values() for many in kinds.values() for one in many):
            identity = record["userIdentity"]
            for context in [identity.get("sessionContext")] if "sessionContext" in identity else []:
                context.pop("webIdFederationData", None)
                context["sessionIssuer"] = context.get("sessionIssuer") or None
                if context["sessionIssuer"] is None:
                    del context["sessionIssuer"]
            found[identity.get("type")].add(frozenset(shape(identity)))
        return found

    theirs, mine = identities(real), identities(ours)

    assert mine["AssumedRole"]
    assert mine["IAMUser"]
    for kind in ("AssumedRole", "IAMUser"):
        assert mine[kind] <= theirs[kind]


@pytest.mark.slow
def test_no_secret_is_written_into_a_record(ours):
    text = json.dumps([record for kinds in ours.values() for many in kinds.values() for record in many])

    for secret in ("correct horse", "long enough", "secretAccessKey"):
        assert secret not in text
