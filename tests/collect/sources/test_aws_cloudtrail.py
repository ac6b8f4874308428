import gzip
import io
import json

import pytest
from tests.shared_data import shared

from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail

OUTCOMES = {"success": 1, "failure": 2}
CORE = {
    "action": "api.operation",
    "provider": "api.service.name",
    "id": "metadata.uid",
    "user": "actor.user.name",
    "user_id": "actor.session.uid",
    "src_ip": "src_endpoint.ip",
    "region": "cloud.region",
    "ua": "http_request.user_agent",
    "error": "api.response.error",
}


def test_the_core_of_vendor_samples_is_read_as_expected():
    with gzip.open(shared("normalise_elastic") / "cases.jsonl.gz") as lines:
        cases = [case for case in map(json.loads, lines) if case["src"] == "aws.cloudtrail"]
    for case in cases:
        [batch] = AwsCloudTrail.batches(io.BytesIO(case["input"]["message"].encode()), "f")
        ocsf, core = batch.ocsf(0), case["core"]
        assert ocsf["time"].isoformat(timespec="milliseconds") == core["time"].replace("Z", "+00:00")
        assert ocsf["status_id"] == OUTCOMES[core["outcome"]]
        assert ocsf["actor.user.account.uid"] == core["account"]
        assert {name: ocsf[column] for name, column in CORE.items() if name in core} == {
            name: core[name] for name in CORE if name in core
        }


@pytest.mark.parametrize(
    "key",
    [
        "AWSLogs/123456789012/CloudTrail/us-east-1/2024/05/06/123456789012_CloudTrail_us-east-1_20240506T0705Z_aB3.json.gz",
        "p/AWSLogs/o-1/123456789012/CloudTrail/us-gov-west-1/2024/05/06/123456789012_CloudTrail_us-gov-west-1_20240506T0705Z_x.json",
    ],
)
def test_a_log_files_name_is_known(key):
    assert AwsCloudTrail.file_name.search(key)["account"] == "123456789012"


@pytest.mark.parametrize("key", ["a/b.json.gz", "AWSLogs/1/CloudTrail-Digest/x/1_CloudTrail-Digest_x_t_x_1Z.json.gz"])
def test_what_is_no_log_file_is_passed_over(key):
    assert AwsCloudTrail.file_name.search(key) is None
