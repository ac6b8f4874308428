import pytest

from nephoscope.inventory.templates.document import MAX_DEPTH, parse
from nephoscope.model.errors import SourceError


def test_objects_know_the_lines_of_their_keys():
    document = parse("a: 1\nb:\n  c: yes\n  d: 2012-10-17\n", "t.yaml")

    assert document == {"a": 1, "b": {"c": True, "d": "2012-10-17"}}
    assert document.lines == {"a": 1, "b": 2}
    assert document["b"].lines == {"c": 3, "d": 4}


def test_short_tags_are_written_out():
    text = "a: !Ref X\nb: !GetAtt K.Arn\nc: !Sub '${X}-y'\nd: !If [C, !Ref A, 2]\n"

    assert parse(text, "t.yaml") == {
        "a": {"Ref": "X"},
        "b": {"Fn::GetAtt": ["K", "Arn"]},
        "c": {"Fn::Sub": "${X}-y"},
        "d": {"Fn::If": ["C", {"Ref": "A"}, 2]},
    }


def test_json_with_tabs_is_read_with_its_lines():
    document = parse('{\n\t"a": {\n\t\t"b": [1, null, true, "x\\u00e9"]\n\t}\n}', "t.json")

    assert document == {"a": {"b": [1, None, True, "xé"]}}
    assert document["a"].lines == {"b": 3}


def test_aliases_and_merges_give_what_they_stand_for():
    document = parse("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nagain: *b\n", "t.yaml")

    assert document["use"] == {"x": 1, "y": 3}
    assert document["again"] == {"x": 1, "y": 2}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(f'*{before}' for _ in range(9))}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "aliases counted"),
        ("[" * 100_000, "deeper than"),
        ("\n".join("  " * n + "a:" for n in range(MAX_DEPTH + 5)), "deeper than"),
        ("a: [1,\nb: }", "is not YAML"),
        ("a: *nothing", "unknown alias"),
        ("a: \x00", "is not YAML"),
    ],
    ids=["alias bomb", "flow depth", "block depth", "broken", "unknown alias", "control character"],
)
def test_hostile_and_broken_text_is_refused_with_file_and_line(text, said):
    with pytest.raises(SourceError, match=said) as refused:
        parse(text, "t.yaml")
    assert "t.yaml" in str(refused.value)


def test_a_tag_that_would_make_an_object_makes_text():
    assert parse("a: !!python/object/apply:os.system x\n", "t.yaml") == {"a": "x"}
