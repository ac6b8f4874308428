import pytest

from nephoscope.assess.network import admitted, exposed, is_internet, openings
from nephoscope.model.errors import NotCollected
from nephoscope.model.view import guarded

SSH = {22: "SSH"}
RULE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}


def group(*rules, **holes):
    return guarded({"SecurityGroupIngress": list(rules)}, holes.get("not_collected", {}))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"FromPort": 0, "ToPort": 65535},
        {"IpProtocol": "-1", "FromPort": None},
        {"IpProtocol": -1},
        {"IpProtocol": "6"},
        {"IpProtocol": 6},
        {"FromPort": "20", "ToPort": "30"},
        {"FromPort": -1, "ToPort": -1},
        {"CidrIp": None, "CidrIpv6": "::/0"},
        {"CidrIp": "1.2.3.4/0"},
        {"CidrIp": "128.0.0.0/1"},
        {"CidrIp": "10.0.0.0/8", "CidrIpv6": "::/0"},
    ],
)
def test_an_open_port_is_seen_however_the_rule_is_written(change):
    assert exposed(group({**RULE, **change}), SSH).startswith("SSH (22) is open to ")


@pytest.mark.parametrize(
    "change",
    [
        {"CidrIp": "203.0.113.0/24"},
        {"FromPort": 23, "ToPort": 30},
        {"IpProtocol": "udp"},
        {"IpProtocol": "17"},
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1},
        {"IpProtocol": "50"},
        {"CidrIp": None, "SourceSecurityGroupId": "sg-1"},
    ],
)
def test_a_rule_that_does_not_open_the_port_is_let_be(change):
    assert exposed(group({**RULE, **change}), SSH) == ""


def test_a_prefix_list_is_judged_by_its_entries_and_not_known_without_them():
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourcePrefixListId": "pl-1"}
    assert exposed(group({**rule, "SourcePrefixListEntries": ["10.0.0.0/8", "0.0.0.0/0"]}), SSH)
    assert not exposed(group({**rule, "SourcePrefixListEntries": ["10.0.0.0/8"]}), SSH)
    with pytest.raises(NotCollected, match="SourcePrefixListEntries"):
        exposed(group(rule), SSH)
    assert exposed(group(rule, RULE), SSH)


def test_a_rule_that_was_not_read_is_not_a_closed_port():
    with pytest.raises(NotCollected):
        exposed(group({**RULE, "CidrIp": None}, not_collected={"/SecurityGroupIngress/0/CidrIp": "Ref"}), SSH)


def test_a_network_that_is_none_is_an_error_and_not_a_closed_port():
    with pytest.raises(ValueError, match="nonsense"):
        exposed(group({**RULE, "CidrIp": "nonsense"}), SSH)


@pytest.mark.parametrize(
    "change",
    [
        {"CidrIp": None},
        {"CidrIp": 5},
        {"CidrIp": ["0.0.0.0/0"]},
        {"CidrIp": ""},
        {"IpProtocol": None},
        {"IpProtocol": []},
    ],
)
def test_a_rule_of_another_shape_is_an_error_and_not_a_closed_port(change):
    with pytest.raises(ValueError, match=r"source|text|network"):
        exposed(group({**RULE, **change}), SSH)


@pytest.mark.parametrize("change", [{"RuleAction": "Allow"}, {"CidrBlock": None}, {"CidrBlock": 5}, {"Protocol": None}])
def test_an_entry_of_another_shape_is_an_error_and_lets_not_nobody_in(change):
    with pytest.raises(ValueError, match=r"allows|source|text"):
        admitted(entries((100, change)), [22])


def test_half_the_internet_is_the_internet():
    assert is_internet("0.0.0.0/0")
    assert is_internet("128.0.0.0/1")
    assert not is_internet("10.0.0.0/8")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"IpProtocol": "-1"}, "everything from 0.0.0.0/0"),
        ({}, "tcp 22 from 0.0.0.0/0"),
        ({"ToPort": 30}, "tcp 22-30 from 0.0.0.0/0"),
        ({"IpProtocol": "icmp"}, "icmp from 0.0.0.0/0"),
    ],
)
def test_an_opening_says_what_it_lets_in(change, text):
    [opening] = openings(group({**RULE, **change})["SecurityGroupIngress"])
    assert str(opening) == text


def entries(*rules):
    defaults = {"Protocol": 6, "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0"}
    numbered = [{**defaults, "RuleNumber": n, "PortRange": {"From": 22, "To": 22}, **rule} for n, rule in rules]
    return guarded({"e": numbered}, {})["e"]


def test_the_first_rule_of_a_network_acl_that_covers_the_port_decides():
    deny = {"RuleAction": "deny"}
    assert admitted(entries((100, {}), (200, deny)), [22]) == "rule 100 allows port 22 from 0.0.0.0/0"
    assert admitted(entries((200, {}), (100, deny)), [22]) == ""
    assert admitted(entries((200, {}), (100, {**deny, "CidrBlock": "10.0.0.0/8"})), [22]) != ""


@pytest.mark.parametrize(
    "rule",
    [{"Protocol": "17"}, {"Egress": True}, {"CidrBlock": "10.0.0.0/8"}, {"PortRange": {"From": 80, "To": 443}}],
)
def test_a_network_acl_rule_for_something_else_lets_nobody_in(rule):
    assert admitted(entries((100, rule)), [22]) == ""


def test_every_protocol_and_ipv6_are_seen():
    assert admitted(entries((100, {"Protocol": "-1"})), [3389])
    assert admitted(entries((100, {"CidrBlock": None, "Ipv6CidrBlock": "::/0"})), [22])
