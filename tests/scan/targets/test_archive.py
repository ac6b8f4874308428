from tests.scan.zip_made import python, zipped

from nephoscope.scan.target import kind_of, targets


def test_a_zip_is_one_by_what_it_holds_and_its_packages_are_found(tmp_path):
    (tmp_path / "function.bin").write_bytes(zipped(python()))
    (tmp_path / "x.zip").write_bytes(b"no zip")
    assert kind_of(tmp_path / "function.bin") == "archive"
    assert kind_of(tmp_path / "x.zip") == ""
    [found] = targets()["archive"].look(tmp_path / "function.bin", "")
    assert (found.ecosystem, found.name, found.version) == ("PyPI", "requests", "2.0")
    assert found.location == "requests-2.0.dist-info/METADATA"
