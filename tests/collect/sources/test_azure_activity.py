import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.collect.serving import Azure, cloud_events, served
from tests.shared_data import shared

from nephoscope.clouds import Clouds
from nephoscope.collect.sources.azure_activity import AzureActivity
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import AccessDenied


def of_the_api(number, minutes_ago=30):
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {
        "eventTimestamp": at.strftime("%Y-%m-%dT%H:%M:%S.1234567Z"),
        "eventDataId": f"d{number}",
        "operationName": {"value": "Microsoft.Compute/virtualMachines/delete", "localizedValue": "Delete VM"},
        "category": {"value": "Administrative", "localizedValue": "Administrative"},
        "status": {"value": "Failed", "localizedValue": "Failed"},
        "resourceProviderName": {"value": "Microsoft.Compute", "localizedValue": "Compute"},
        "resourceId": "/subscriptions/s1/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v",
        "caller": "cat@example.com",
        "httpRequest": {"clientIpAddress": "10.0.0.1"},
    }


def exported(number):
    return {
        "time": "2024-05-06T07:08:09Z",
        "operationName": "X/WRITE",
        "resultType": "Success",
        "eventDataId": f"d{number}",
    }


@pytest.fixture
def azure():
    """A subscription with five events half an hour ago."""
    return Azure([of_the_api(number) for number in range(5)])


@pytest.fixture
def source(azure, tmp_path):
    (tmp_path / "secret").write_text("s3cret\n")
    settings = {"subscription": "s1", "tenant": "tenant", "client": "c", "token_file": str(tmp_path / "secret")}
    with served(azure) as url:
        yield AzureActivity(**settings, api_url=url, login_url=url, lookback_s=3600)


@pytest.fixture
def export(source):
    return AzureActivity(**{**vars(source), "container_url": f"{source.api_url}/export"})


def collected(source, seen=()):
    objects = list(source.objects(Clouds(), seen))
    uids = []
    for one in objects:
        with source.open(Clouds(), one) as stream:
            uids += [uid for batch in source.batches(stream, one.uri) for uid in batch.filled()["metadata.uid"]]
    return objects, uids


def test_every_event_is_read_over_pages(source):
    assert sorted(collected(source)[1]) == ["d0", "d1", "d2", "d3", "d4"]


def test_the_apis_form_is_read_as_the_exports(source):
    for one in source.objects(Clouds(), ()):
        with source.open(Clouds(), one) as stream:
            for batch in source.batches(stream, one.uri):
                ocsf = batch.ocsf(0)
                assert batch.value("operationName", 0) == "Microsoft.Compute/virtualMachines/delete"
                assert batch.value("OperationNameValue", 0) == "Microsoft.Compute/virtualMachines/delete"
                assert (ocsf["activity_id"], ocsf["status_id"], ocsf["cloud.account.uid"]) == (4, 2, "s1")
                assert (ocsf["src_endpoint.ip"], ocsf["actor.user.uid"]) == ("10.0.0.1", "cat@example.com")
                assert not batch.adjusted
                return
    pytest.fail("no batch was read")


def test_a_wrong_secret_is_denied_and_not_shown(source, tmp_path):
    (tmp_path / "secret").write_text("wr0ng")
    with pytest.raises(AccessDenied, match="invalid_client") as raised:
        collected(source)
    assert "wr0ng" not in str(raised.value)


def test_an_export_is_read_as_it_grows_and_nothing_twice_by_id(export, azure):
    azure.blobs["y=2024/PT1H.json"] = b"".join(json.dumps(exported(n)).encode() + b"\r\n" for n in range(3))
    objects, uids = collected(export)
    assert uids == ["d0", "d1", "d2"]
    seen = {one.key for one in objects}
    assert collected(export, seen) == ([], [])
    azure.blobs["y=2024/PT1H.json"] += json.dumps(exported(3)).encode() + b"\r\n" + b'{"half'
    assert set(collected(export, seen)[1]) - set(uids) == {"d3"}


def test_a_blob_larger_than_its_grid_loses_no_line_and_doubles_none(export, azure):
    wide = {"properties": {"x": "y" * 50_000}}
    azure.blobs["a/PT1H.json"] = b"".join(json.dumps(exported(n) | wide).encode() + b"\n" for n in range(300))
    azure.blobs["b/PT1H.json"] = json.dumps(exported(300)).encode()
    objects, uids = collected(export)
    assert len(objects) == 5
    assert uids == [f"d{number}" for number in range(301)]


def test_a_denied_container_is_a_gap(export, azure):
    azure.sign_in = lambda path, form: (200, {}, {"access_token": "other"})
    [gap] = export.objects(Clouds(), ())
    assert isinstance(gap, Gap)
    assert "Storage Blob Data Reader" in gap.permission


def test_sigmas_fields_find_what_its_rules_must_match():
    events, expected = cloud_events("azure_activitylogs")
    [batch] = AzureActivity.batches(io.BytesIO(json.dumps(events).encode()), "f")
    operations = [str(value).upper() for value in batch.values("OperationName")]
    assert len(operations) == len(events)
    found = [row for row, name in enumerate(operations) if name == "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE"]
    assert found == expected["azure_granting_permission_detection.yml"]


def test_the_core_of_vendor_samples_is_read_as_expected():
    with gzip.open(shared("normalise_elastic") / "cases.jsonl.gz") as lines:
        cases = [case for case in map(json.loads, lines) if case["src"] == "azure.activitylogs"]
    for case in cases:
        [batch] = AzureActivity.batches(io.BytesIO(case["input"]["message"].encode()), "f")
        ocsf, core = batch.ocsf(0), case["core"]
        assert ocsf["time"].isoformat(timespec="milliseconds") == core["time"].replace("Z", "+00:00")
        assert (ocsf["api.operation"], ocsf["src_endpoint.ip"]) == (core["action"], core["src_ip"])


def test_after_an_absence_it_looks_back_as_long_as_nobody_read_it():
    source = AzureActivity(subscription="s", lookback_s=3600)

    assert source.since(2).lookback_s == 3600 + 2 * 86_400
    assert source.since(0) == source
