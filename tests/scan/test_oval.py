import pytest

from nephoscope.model.advisory import Event
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import SourceError
from nephoscope.scan.oval import definitions


def oval(criteria, tests="", states="", title="CVE-2024-1 in a"):
    return f"""<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"><definitions>
    <definition id="d:1"><metadata><title>{title}</title>
    <reference source="CVE" ref_id="CVE-2024-1"/>
    <advisory><issued date="2024-01-02"/><severity>High</severity></advisory>
    </metadata>{criteria}</definition></definitions>
    <tests>{tests}</tests><objects><rpminfo_object id="o:a"><name>a</name></rpminfo_object></objects>
    <states>{states}</states></oval_definitions>""".encode()


def state(id, operation, version):
    test = f'<rpminfo_test id="t:{id}"><object object_ref="o:a"/><state state_ref="s:{id}"/></rpminfo_test>'
    return test, f'<rpminfo_state id="s:{id}"><evr operation="{operation}">{version}</evr></rpminfo_state>'


def claims(content):
    found = list(definitions(content, "f.xml"))
    [definition] = [each for each in found if not isinstance(each, Gap)]
    return list(definition.claims), [each.cause for each in found if isinstance(each, Gap)]


def of(operation, version, comment="a is old"):
    test, made = state(1, operation, version)
    return claims(oval(f'<criteria><criterion test_ref="t:1" comment="{comment}"/></criteria>', test, made))


def test_a_test_says_more_than_its_comment():
    [claim], gaps = of("less than", "0:1-1.azl3", "Package a is earlier than 1-1, affected by CVE-2024-1")

    assert claim.package == "a"
    assert claim.events == (Event(introduced="0"), Event(fixed="0:1-1.azl3"))
    assert gaps == []


@pytest.mark.parametrize(
    ("operation", "events"),
    [
        ("less than or equal", (Event(introduced="0"), Event(last_affected="2"))),
        ("6", (Event(introduced="0"), Event(fixed="2"))),
        ("greater than", (Event(introduced="2"),)),
    ],
)
def test_each_operation_is_a_range(operation, events):
    assert of(operation, "2")[0][0].events == events


def test_whichever_version_is_affected_where_there_is_no_fix():
    assert of("greater than", "0:0-0")[0][0].events == (Event(introduced="0"),)


def test_an_operation_that_is_not_known_is_a_gap():
    assert of("bitwise and", "2") == ([], ["a bitwise and 2 is not understood"])


def test_products_architecture_and_module_hold_for_all_packages_beside_them():
    criteria = """<criteria operator="AND"><criterion comment="Oracle Linux 8 is installed" test_ref="x"/>
    <criterion comment="Module nodejs:18 is enabled" test_ref="x"/><criteria operator="OR">
    <criteria operator="AND"><criterion comment="Oracle Linux arch is aarch64" test_ref="x"/>
      <criterion comment="a is earlier than 0:1-1" test_ref="x"/></criteria>
    <criteria operator="AND"><criterion comment="b is earlier than 0:2-1" test_ref="x"/>
      <criterion comment="b is signed with the Oracle Linux 8 key" test_ref="x"/></criteria>
    </criteria></criteria>"""
    found, gaps = claims(oval(criteria))

    assert [(each.package, each.products, each.arch, each.module) for each in found] == [
        ("a", ("Oracle Linux 8",), "aarch64", "nodejs:18"),
        ("b", ("Oracle Linux 8",), "", "nodejs:18"),
    ]
    assert gaps == []


def test_bounds_that_hold_together_are_one_range_and_either_of_two_are_two():
    first, second = state(1, "greater than", "1"), state(2, "less than", "3")
    below = '<criterion test_ref="t:1" comment="x"/><criterion test_ref="t:2" comment="y"/>'
    both = oval(f'<criteria operator="AND">{below}</criteria>', first[0] + second[0], first[1] + second[1])
    either = oval(f'<criteria operator="OR">{below}</criteria>', first[0] + second[0], first[1] + second[1])

    assert [each.events for each in claims(both)[0]] == [(Event(introduced="1"), Event(fixed="3"))]
    assert [each.events for each in claims(either)[0]] == [
        (Event(introduced="1"),),
        (Event(introduced="0"), Event(fixed="3")),
    ]


def test_criteria_without_a_test_are_told_once():
    below = "".join(f'<criterion test_ref="t:9" comment="a-{at}-1 is installed"/>' for at in range(3))

    assert claims(oval(f'<criteria operator="OR">{below}</criteria>'))[1] == [
        "the criterion 'a-0-1 is installed' has no test in the file, and 2 more like it"
    ]


def test_a_file_without_definitions_is_refused():
    with pytest.raises(SourceError, match="it holds no definitions"):
        list(definitions(b"<oval_definitions><definitions/></oval_definitions>", "f.xml"))
