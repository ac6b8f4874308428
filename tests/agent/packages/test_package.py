from nephoscope.agent.packages.package import printable_path, purl_of, text_of
from nephoscope.scan.purl import parsed


def test_a_purl_reads_back_whatever_is_in_it():
    name, version, source = "a b/c@1?x#y", "1:2~rc+é%", "s&d=e @1"
    found = parsed(purl_of("deb", "debian", name, version, {"upstream": source, "distro": "debian-12", "epoch": ""}))
    assert found.namespace + "/" + found.name == f"debian/{name}"
    assert found.version == version
    assert found.qualifiers == {"upstream": source, "distro": "debian-12"}


def test_texts_and_paths_can_be_encoded():
    assert text_of(b"a\xff").encode() == "a\ufffd".encode()
    assert printable_path("a\udcff") == "a\\xff"
