from nephoscope.assess import Fail, Pass, check
from nephoscope.assess.network import exposed

PORTS = {
    1433: "SQL Server",
    1521: "Oracle",
    3306: "MySQL",
    5432: "PostgreSQL",
    5439: "Redshift",
    5601: "Kibana",
    6379: "Redis",
    7000: "Cassandra",
    9042: "Cassandra",
    9092: "Kafka",
    9200: "Elasticsearch",
    9300: "Elasticsearch",
    11211: "memcached",
    27017: "MongoDB",
    27018: "MongoDB",
}


@check("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress", severity="high")
def ec2_security_group_closes_databases_to_internet(group):
    """Security group does not open databases to the internet.

    Why: a database that anyone can reach is found within hours, and many ask for no password.
    Fix: open the port to the security group of the programs that use the database, and to nothing else.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html

    >>> rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "SourceSecurityGroupId": "sg-web"}
    >>> ec2_security_group_closes_databases_to_internet({"SecurityGroupIngress": [rule]})
    Pass()
    >>> ec2_security_group_closes_databases_to_internet({"SecurityGroupIngress": [{**rule, "CidrIpv6": "::/0"}]})
    Fail('PostgreSQL (5432) is open to ::/0')
    >>> rule["SourcePrefixListId"] = "pl-1"
    >>> ec2_security_group_closes_databases_to_internet({"SecurityGroupIngress": [rule]})
    Unknown('SecurityGroupIngress/0/SourcePrefixListEntries was not collected')
    """
    found = exposed(group, PORTS)
    return Fail(found) if found else Pass()
