import pytest

from nephoscope.scan.target import kind_of, targets


def test_every_file_of_the_folder_is_a_kind_that_says_what_it_is():
    assert "folder" in targets()
    assert all(each.__doc__ for each in targets().values())


def test_a_path_that_is_not_there_is_no_target(tmp_path):
    try:
        assert kind_of(tmp_path / "nowhere") == ""
    except OSError as error:
        pytest.fail(f"a file that is absent is no failure to open one: {error}")
