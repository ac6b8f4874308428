import pytest

from nephoscope.model.errors import SourceError
from nephoscope.scan.repository import base_of, updateinfo_of

LIST = "https://cdn.example/2/mirror.list"
DIGEST = "0123456789abcdef" * 4


def repomd(place="repodata/1-updateinfo.xml.gz", kind="sha256", digest=DIGEST):
    return f"""<repomd xmlns="http://linux.duke.edu/metadata/repo"><data type="primary"/><data type="updateinfo">
    <checksum type="{kind}">{digest}</checksum><location href="{place}"/></data></repomd>""".encode()


def test_the_first_mirror_on_the_same_host_is_taken():
    content = b"https://other.example/2/\nhttp://cdn.example/x/\nhttps://cdn.example/2/core/abc\n"

    assert base_of(content, LIST) == "https://cdn.example/2/core/abc/"
    for other in (b"", b"https://other.example/", b"\xff\xfe"):
        with pytest.raises(SourceError, match="on its own host"):
            base_of(other, LIST)


def test_updateinfo_has_a_place_and_a_digest():
    assert updateinfo_of(repomd(), "f") == ("repodata/1-updateinfo.xml.gz", DIGEST)


@pytest.mark.parametrize(
    "content",
    [
        repomd("../../etc/passwd"),
        repomd("https://elsewhere.example/x"),
        repomd(kind="md5"),
        repomd(digest="abc"),
        b"<repomd/>",
    ],
)
def test_a_place_elsewhere_or_without_proof_is_refused(content):
    with pytest.raises(SourceError, match="names no updateinfo"):
        updateinfo_of(content, "f")
