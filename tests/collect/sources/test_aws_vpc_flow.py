import gzip
import io
import json
from datetime import UTC, datetime

import pytest
from msgspec import UNSET
from tests.shared_data import shared

from nephoscope.collect.flow import DEFAULT
from nephoscope.collect.sources.aws_vpc_flow import AwsVpcFlow
from nephoscope.model.errors import SourceError

HEADER = " ".join(DEFAULT)
OK = "2 123456789012 eni-0a 10.0.0.1 10.0.0.2 40000 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
REJECTED = "2 123456789012 eni-0a 10.0.0.3 10.0.0.2 40001 3389 6 1 40 1418530010 1418530070 REJECT OK"
NODATA = "2 123456789012 eni-0a - - - - - - - 1418530010 1418530070 - NODATA"
SKIPPED = "2 123456789012 eni-0b - - - - - - - 1418530010 1418530070 - SKIPDATA"
NAME = (
    "AWSLogs/123456789012/vpcflowlogs/eu-west-1/2014/12/14/123456789012_vpcflowlogs_eu-west-1_fl-1_20141214T0405Z_a.log"
)


def flows(*lines, origin=NAME):
    return list(AwsVpcFlow.batches(io.BytesIO("\n".join(lines).encode()), origin))


def test_fields_are_found_by_any_of_their_spellings():
    [batch] = flows("version tcp-flags pkt-srcaddr srcaddr", "5 19 10.0.0.9 -")
    for name in ("tcp-flags", "tcp_flags", "tcpFlags"):
        assert batch.value(name, 0) == 19
    assert batch.value("pkt-srcaddr", 0) == "10.0.0.9"
    assert batch.values("srcaddr") == [UNSET]
    assert batch.values("dstaddr") == [UNSET]
    assert batch.record(0) == {"version": 5, "tcp-flags": 19, "pkt-srcaddr": "10.0.0.9"}
    assert batch.text(0) == "5 19 10.0.0.9 -"


@pytest.mark.parametrize("header", [[HEADER], []])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_default_format_is_known_with_and_without_its_header(header, pack):
    content = pack("\n".join([*header, OK, REJECTED, ""]).encode())
    [batch] = AwsVpcFlow.batches(io.BytesIO(content), "f")
    assert batch.values("dstport") == [22, 3389]
    assert [batch.index(row) for row in range(len(batch))] == [0, 1]


def test_skipped_records_are_told_and_no_data_is_no_gap():
    [batch] = flows(HEADER, OK, NODATA, SKIPPED)
    assert [index for index, _ in batch.skipped] == [2]
    assert "eni-0b" in batch.skipped[0][1]
    assert not batch.unreadable


def test_a_line_with_other_fields_costs_only_itself():
    [batch] = flows(HEADER, OK, "garbage", OK + " more", REJECTED.replace(" ", "  "))
    assert batch.values("dstport") == [22, 3389]
    assert [batch.index(row) for row in range(2)] == [0, 3]
    assert [index for index, _ in batch.unreadable] == [1, 2]


def test_a_flow_becomes_network_activity():
    [batch] = flows(HEADER, REJECTED)
    ocsf = batch.ocsf(0)
    assert ocsf["time"] == ocsf["end_time"] == datetime(2014, 12, 14, 4, 7, 50, tzinfo=UTC)
    assert ocsf["cloud.region"] == "eu-west-1"
    assert (ocsf["class_uid"], ocsf["status_id"], ocsf["disposition"]) == (4001, 2, "REJECT")
    assert json.loads(ocsf["unmapped"]) == {"version": 2}


@pytest.mark.parametrize("end", ["-", "99999999999999999999999", "later", "0"])
def test_an_impossible_time_is_mended_and_told(end):
    [batch] = flows(HEADER, OK.replace("1418530070", end))
    assert batch.times == [datetime(2014, 12, 14, 4, 6, 50, tzinfo=UTC)]
    assert [index for index, _ in batch.adjusted] == [0]


@pytest.mark.parametrize("content", [b"PAR1\x15\x04", b"hello world, friends", b"{}"])
def test_what_is_no_flow_log_is_refused(content):
    with pytest.raises(SourceError):
        list(AwsVpcFlow.batches(io.BytesIO(content), "f"))


def test_a_truncated_file_keeps_its_lines_and_is_named():
    content = gzip.compress("\n".join([HEADER, *[OK] * 50_000]).encode())[:-10]
    batches = AwsVpcFlow.batches(io.BytesIO(content), "f")
    assert len(next(batches)) > 1000
    with pytest.raises(SourceError, match="gzip ends"):
        list(batches)


def test_a_file_larger_than_a_chunk_is_read_whole():
    content = "\n".join([HEADER, *[OK] * 50_000]).encode()
    batches = list(AwsVpcFlow.batches(io.BytesIO(content), "f"))
    assert sum(map(len, batches)) == 50_000
    assert max(map(len, batches)) <= 20_000
    assert batches[-1].index(len(batches[-1]) - 1) == 49_999


def cases():
    with gzip.open(shared("normalise_elastic") / "cases.jsonl.gz") as lines:
        return [case for case in map(json.loads, lines) if case["src"] == "aws.vpcflow"]


def test_the_core_of_vendor_samples_is_read_as_expected():
    custom = (
        "version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr srcport dstport pkt-srcaddr "
        "pkt-dstaddr protocol bytes packets start end action tcp-flags log-status"
    )
    formats = {14: HEADER, 21: custom}
    names = {
        "src_ip": "src_endpoint.ip",
        "src_port": "src_endpoint.port",
        "dst_ip": "dst_endpoint.ip",
        "dst_port": "dst_endpoint.port",
        "bytes": "traffic.bytes",
        "account": "cloud.account.uid",
    }
    outcomes = {None: 0, "success": 1, "failure": 2}
    for case in cases():
        line = case["input"]["message"]
        [batch] = flows(formats[len(line.split())], line)
        ocsf, core = batch.ocsf(0), case["core"]
        assert ocsf["time"].strftime("%Y-%m-%dT%H:%M:%S.000Z") == core["time"]
        assert ocsf["status_id"] == outcomes[core.get("outcome")]
        assert {name: ocsf.get(column) for name, column in names.items()} == {name: core.get(name) for name in names}
