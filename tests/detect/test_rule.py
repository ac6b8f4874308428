from nephoscope.detect.rule import About, Correlation, Threshold


def test_a_correlation_knows_each_rules_name_for_a_field():
    found = Correlation(About("c", "C"), "temporal", ("a", "b"), 60, Threshold(), ("ip",), {"ip": {"a": "srcaddr"}})
    assert [found.field_of(rule, "ip") for rule in found.rules] == ["srcaddr", "ip"]
