import pytest

from nephoscope.assess import Fail, Pass, Unknown, check
from nephoscope.model.finding import Severity
from nephoscope.model.item import Item


@check("AWS::EFS::FileSystem", severity="medium")
def file_system_is_encrypted(file_system):
    """File system is encrypted
    at rest.

    Why: whoever gets at the storage
        reads the files.
    Fix: encrypt it.
    Source: https://example.org/a

    >>> 1
    1
    """
    return Pass() if file_system.flag("Encrypted") else Fail("not encrypted")


@pytest.mark.parametrize(
    ("configuration", "verdict"),
    [
        ({"Encrypted": True}, Pass()),
        ({"Encrypted": False}, Fail("not encrypted")),
        ({}, Unknown("Encrypted was not collected")),
        ({"Encrypted": []}, Unknown("Encrypted is neither true nor false: []")),
    ],
)
def test_a_check_answers_for_a_bare_configuration(configuration, verdict):
    assert file_system_is_encrypted(configuration) == verdict


def test_a_denied_read_is_unknown_with_its_cause():
    item = Item("AWS::EFS::FileSystem", "fs-1", "1", "r", {"Encrypted": True}, {}, {"/Encrypted": "AccessDenied"})
    assert file_system_is_encrypted(item) == Unknown("Encrypted was not collected: AccessDenied")


def test_an_item_of_another_shape_than_expected_is_unknown_and_says_why():
    @check("T", severity="low")
    def asks_for_a_list(item):
        """List is a list."""
        return Pass() if [each["x"] for each in item["List"]] else Fail("no")

    verdict = asks_for_a_list({"List": 5})
    assert isinstance(verdict, Unknown)
    assert "TypeError" in verdict.reason


def test_a_check_tells_of_itself_what_its_docstring_says():
    assert file_system_is_encrypted.name == "file_system_is_encrypted"
    assert file_system_is_encrypted.title == "File system is encrypted at rest"
    assert file_system_is_encrypted.why == "whoever gets at the storage reads the files."
    assert file_system_is_encrypted.fix == "encrypt it."
    assert file_system_is_encrypted.source == "https://example.org/a"
    assert file_system_is_encrypted.limits == ""
    assert file_system_is_encrypted.severity is Severity.MEDIUM
    assert file_system_is_encrypted.types == ("AWS::EFS::FileSystem",)


def test_a_severity_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="urgent"):
        check("T", severity="urgent")(lambda item: Pass())
