from tests.inventory.templates.mappings.terraform import items


def test_a_rule_with_several_sources_is_several_rules(tmp_path):
    text = """resource "aws_security_group" "web" {
      ingress {
        protocol    = "tcp"
        from_port   = 22
        to_port     = 22
        cidr_blocks = ["0.0.0.0/0", "10.0.0.0/8"]
        self        = true
      }
    }"""
    group = items(tmp_path, text)["aws_security_group.web"].configuration
    base = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    assert group["SecurityGroupIngress"] == [
        base | {"CidrIp": "0.0.0.0/0"},
        base | {"CidrIp": "10.0.0.0/8"},
        base | {"SourceSecurityGroupId": "self"},
    ]
    assert group["SecurityGroupEgress"] == []


RULES = """
variable "office" {}
resource "aws_security_group" "web" {}
resource "aws_security_group_rule" "ssh" {
  type              = "ingress"
  security_group_id = aws_security_group.web.id
  protocol          = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_blocks       = [var.office, "0.0.0.0/0"]
}
resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.web.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}
resource "aws_vpc_security_group_ingress_rule" "elsewhere" {
  security_group_id = "sg-1"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv6         = "::/0"
}
"""


def test_rules_that_stand_apart_join_their_group_with_what_is_not_known(tmp_path):
    group = items(tmp_path, RULES)["aws_security_group.web"]
    rules = group.configuration["SecurityGroupIngress"]
    assert rules[1]["CidrIp"] == "0.0.0.0/0"
    assert group.not_collected == {"/SecurityGroupIngress/0/CidrIp": "the variable office has no default"}
    assert group.configuration["SecurityGroupEgress"] == [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]


def test_a_rule_of_a_group_that_is_elsewhere_is_an_item_of_its_own(tmp_path):
    rule = items(tmp_path, RULES)["aws_vpc_security_group_ingress_rule.elsewhere"]
    assert rule.type == "AWS::EC2::SecurityGroupIngress"
    assert rule.configuration == {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv6": "::/0"}


def test_the_entries_of_a_network_acl_are_numbered_and_directed(tmp_path):
    text = """
    resource "aws_network_acl" "n" {
      ingress {
        rule_no    = 100
        action     = "allow"
        protocol   = "tcp"
        from_port  = 22
        to_port    = 22
        cidr_block = "0.0.0.0/0"
      }
    }
    resource "aws_network_acl_rule" "out" {
      network_acl_id = aws_network_acl.n.id
      rule_number    = 200
      rule_action    = "allow"
      egress         = true
      protocol       = "all"
      cidr_block     = "0.0.0.0/0"
    }"""
    first, second = items(tmp_path, text)["aws_network_acl.n"].configuration["Entries"]
    assert (first["RuleNumber"], first["Protocol"], first["Egress"]) == (100, 6, False)
    assert first["PortRange"] == {"From": 22, "To": 22}
    assert (second["Protocol"], second["Egress"]) == (-1, True)


def test_a_flow_log_belongs_to_its_vpc(tmp_path):
    text = """
    resource "aws_vpc" "v" {}
    resource "aws_flow_log" "f" { vpc_id = aws_vpc.v.id }
    """
    assert items(tmp_path, text)["aws_vpc.v"].configuration["FlowLogs"] == [{"TrafficType": "ALL"}]
