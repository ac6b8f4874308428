from nephoscope.agent.canonical import canonical, digest_of, ordered, sha256


def test_a_value_is_written_one_way():
    assert canonical({"b": 1, "a": ["é", None, True]}) == '{"a":["\\u00e9",null,true],"b":1}'


def test_rows_are_sorted_and_each_there_once():
    assert ordered([{"b": 1}, {"a": 2}, {"b": 1}]) == ['{"a":2}', '{"b":1}']


def test_a_tables_digest_is_of_the_list_of_its_rows():
    rows = [{"b": 1}, {"a": 2}]

    assert digest_of(ordered(rows)) == sha256(canonical([{"a": 2}, {"b": 1}]).encode())
    assert digest_of([]) == sha256(b"[]")
