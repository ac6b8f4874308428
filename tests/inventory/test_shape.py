from datetime import UTC, datetime

import pytest

from nephoscope.inventory.shape import document, key_values, number, own_tags, pascal, pick, plain, redacted, truth


def test_some_properties_are_taken_and_some_renamed_and_null_is_left_out():
    found = {"A": 1, "B": None, "C": 3, "D": 4}

    assert pick(found, "A B", "C", Other="D", Missing="E") == {"A": 1, "C": 3, "Other": 4}


def test_times_are_written_as_json_has_them():
    at = datetime(2026, 1, 1, tzinfo=UTC)

    assert plain({"At": at, "In": [at], "None": None}) == {"At": at.isoformat(), "In": [at.isoformat()]}


def test_keys_are_raised_all_the_way_down():
    assert pascal({"a": [{"bC": 1}], "d": None}) == {"A": [{"BC": 1}]}


def test_tags_come_in_one_order_whatever_shape_they_had():
    as_listed = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]

    assert key_values({"b": "", "a": "1"}) == as_listed
    assert own_tags([{"key": "b"}, {"key": "a", "value": "1"}]) == as_listed
    assert own_tags(None) == key_values(None) == []


@pytest.mark.parametrize("text", ['{"A": "%"}', "%7B%22A%22%3A%20%22%25%22%7D"])
def test_a_policy_document_is_decoded_percent_encoded_or_not(text):
    assert document(text) == {"A": "%"}


def test_a_policy_document_that_is_no_json_stays_as_it_is():
    assert document("{") == "{"
    assert document({"A": 1}) == {"A": 1}


def test_text_becomes_truth_and_number_and_nothing_stays_nothing():
    assert (truth("true"), truth("False"), truth(None)) == (True, False, None)
    assert (number("7"), number(None)) == (7, None)


def test_a_secret_is_not_kept_but_its_change_shows():
    first, second = redacted("f PASSWORD", "hunter2"), redacted("f PASSWORD", "hunter3")

    assert "hunter" not in first + second
    assert first != second
    assert first == redacted("f PASSWORD", "hunter2")
    assert first != redacted("g PASSWORD", "hunter2")


def test_the_name_of_a_place_is_still_told_from_a_secret():
    assert redacted("f TABLE", "arn:aws:dynamodb:::table/t").startswith("arn:[redacted ")
    assert redacted("f PATH", "/etc/key").startswith("/[redacted ")
