from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from nephoscope.sandbox.caller import Backends
from nephoscope.sandbox.company.network import CUSTOM_FORMAT
from nephoscope.sandbox.flow_logs import Traffic, is_let_in, parse, records

START = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def rule(port, source, protocol="tcp"):
    return SimpleNamespace(ip_protocol=protocol, from_port=port, to_port=port, ip_range={"CidrIp": source})


def interface(identity, group, *rules, state="running", public=None, address="10.0.0.5"):
    subnet = SimpleNamespace(vpc_id="vpc-1", id="subnet-1", cidr_block="10.0.0.0/24", availability_zone_id="use1-az1")
    machine = SimpleNamespace(id=f"i-{identity}", _state=SimpleNamespace(name=state))
    groups = [SimpleNamespace(name=group, ingress_rules=list(rules))]
    return SimpleNamespace(
        id=f"eni-{identity}",
        instance=machine,
        subnet=subnet,
        private_ip_address=address,
        public_ip=public,
        group_set=groups,
    )


WEB = interface("web", "web", rule(443, "0.0.0.0/0"), public="203.0.113.200")
IDLE = interface("idle", "nothing", address="10.0.0.9")
STOPPED = interface("off", "web", rule(443, "0.0.0.0/0"), state="stopped")


def lines(*interfaces, start_at=START, end_at=START + MINUTE, resource="vpc-1", template="", kind="ALL", traffic=()):
    backend = SimpleNamespace(enis={one.id: one for one in interfaces})
    backends = Backends({}, {"ec2": {"111122223333": {"us-east-1": backend}}})
    flow_log = SimpleNamespace(resource_id=resource, log_format=template, traffic_type=kind)
    return records(backends, "111122223333", "us-east-1", flow_log, start_at, end_at, traffic)


def as_dicts(found):
    names = found[0].split()
    return [dict(zip(names, line.split(), strict=True)) for line in found[1:]]


def test_the_default_format_has_fourteen_fields_and_a_header():
    found = lines(WEB)
    assert found[0] == (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
        "log-status"
    )
    assert all(len(line.split()) == 14 for line in found)
    assert {row["version"] for row in as_dicts(found)} == {"2"}


def test_a_custom_format_has_its_own_fields_in_its_own_order():
    found = lines(WEB, template=CUSTOM_FORMAT)
    assert found[0].split() == [part[2:-1] for part in CUSTOM_FORMAT.split()]
    row = as_dicts(found)[0]
    assert (row["vpc-id"], row["instance-id"], row["region"], row["version"]) == ("vpc-1", "i-web", "us-east-1", "5")


def test_a_field_that_is_not_known_is_a_dash():
    assert lines(WEB, template="${srcaddr} ${ecs-task-id}")[1].split()[1] == "-"


def test_the_same_interval_tells_the_same():
    assert lines(WEB, end_at=START + 5 * MINUTE) == lines(WEB, end_at=START + 5 * MINUTE)


def test_intervals_that_follow_each_other_tell_all_once():
    whole = lines(WEB, end_at=START + 3 * MINUTE)[1:]
    cut = [START, START + timedelta(seconds=50), START + timedelta(seconds=130), START + 3 * MINUTE]
    parts = [
        line for begin, end in zip(cut, cut[1:], strict=False) for line in lines(WEB, start_at=begin, end_at=end)[1:]
    ]
    assert parts == whole


def test_a_minute_that_has_not_ended_is_not_told():
    assert len(lines(WEB, end_at=START + timedelta(seconds=59))) == 1


def test_an_idle_interface_has_no_data_and_a_stopped_one_no_line():
    [row] = as_dicts(lines(IDLE, STOPPED))
    assert (row["interface-id"], row["log-status"], row["srcaddr"], row["action"]) == ("eni-idle", "NODATA", "-", "-")


def test_what_the_groups_do_not_admit_is_rejected():
    shut = interface("shut", "web")
    assert {row["action"] for row in as_dicts(lines(shut))} == {"REJECT"}
    assert {row["action"] for row in as_dicts(lines(WEB)) if row["dstport"] == "443"} == {"ACCEPT"}


def test_a_flow_log_of_rejected_traffic_tells_nothing_else():
    rows = as_dicts(lines(WEB, end_at=START + 30 * MINUTE, kind="REJECT"))
    assert {row["action"] for row in rows} <= {"REJECT", "-"}


def test_only_interfaces_of_the_logged_resource_are_told():
    assert len(lines(WEB, resource="vpc-2")) == 1
    assert len(lines(WEB, resource="eni-web")) > 1
    assert len(lines(WEB, resource="subnet-1")) > 1


def test_a_scan_knocks_on_every_port():
    scan = Traffic("eni-web", "198.51.100.77", (22, 443), int(START.timestamp()), 1, 44, is_outbound=False)
    rows = [
        row for row in as_dicts(lines(WEB, end_at=START + 3 * MINUTE, traffic=[scan])) if row["srcaddr"] == scan.remote
    ]
    assert {(row["dstport"], row["action"]) for row in rows} == {("22", "REJECT"), ("443", "ACCEPT")}
    assert len(rows) == 2


def test_mining_goes_out_every_minute_and_is_answered():
    pool = Traffic("eni-web", "198.51.100.77", (14444,), int(START.timestamp()), 60, 4000)
    rows = as_dicts(lines(WEB, end_at=START + 3 * MINUTE, traffic=[pool]))
    assert sum(row["dstport"] == "14444" for row in rows) == 3
    assert sum(row["srcport"] == "14444" for row in rows) == 3


def test_after_a_long_pause_one_day_is_told():
    assert len(lines(IDLE, end_at=START + timedelta(days=30))) == 24 * 60 + 1


def test_traffic_reads_back_as_it_was_sent():
    sent = Traffic("eni-1", "203.0.113.1", (443,), 1, 2, 3)
    assert parse(asdict(sent)) == sent
    for wrong in ({"interface_id": "eni-1"}, asdict(sent) | {"remote": "nowhere"}, asdict(sent) | {"more": 1}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            parse(wrong)


def test_a_rule_for_everything_admits_everything():
    everything = interface(
        "all", "web", SimpleNamespace(ip_protocol="-1", from_port=None, to_port=None, ip_range={"CidrIp": "0.0.0.0/0"})
    )
    assert is_let_in(everything, "198.51.100.1", 31337)
    assert not is_let_in(interface("udp", "web", rule(53, "0.0.0.0/0", "udp")), "198.51.100.1", 53)
