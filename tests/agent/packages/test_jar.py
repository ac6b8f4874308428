import io
import zipfile

import pytest
from tests.agent.packages.language_made import jar, pom

from nephoscope.agent.packages import jar as engine
from nephoscope.agent.packages.package import Package


def found(content, path="app/x-1.jar"):
    every = list(engine.read(io.BytesIO(content), path))
    return (
        [(each.name, each.version) for each in every if isinstance(each, Package)],
        [each.cause for each in every if not isinstance(each, Package)],
    )


def test_archives_within_archives_are_read():
    inner = jar(pom("org.in", "in", "2"))
    middle = jar({"lib/in.jar": inner, **pom("org.mid", "mid", "1")})
    assert found(jar({"BOOT-INF/lib/mid.jar": middle, **pom("org.out", "out", "3")})) == (
        [("org.out:out", "3"), ("org.mid:mid", "1"), ("org.in:in", "2")],
        [],
    )


def test_an_archive_that_holds_itself_over_and_over_ends():
    content = jar(pom("a", "b", "1"))
    for _ in range(6):
        content = jar({"x.jar": content, **pom("a", "b", "1")})
    packages, causes = found(content)
    assert packages == [("a:b", "1")] * engine.DEEPEST
    assert causes == ["lies within 4 archives; not read"]


def test_bombs_are_refused(monkeypatch):
    packages, causes = found(jar({"x.jar": bytes(50 << 20), **pom("a", "b", "1")}))
    assert packages == [("a:b", "1")]
    assert ["more than 50 times its size" in each for each in causes] == [True]
    many = {f"META-INF/maven/a/b{number}/pom.properties": "#" * (1 << 20) for number in range(20)}
    assert ["more than 50 times its size" in each for each in found(jar(many))[1]][-1]
    monkeypatch.setattr(engine, "LARGEST_READ_BYTES", 1 << 16)
    assert "table of contents" in found(jar({f"{number}.class": "" for number in range(3000)}))[1][0]


def test_an_archive_without_properties_is_told_by_manifest_or_place():
    plain = {"A.class": ""}
    manifest = {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\nImplementation-Vendor-Id: org.v\r\n"}
    assert found(jar({**plain, **manifest}), "lib/some-tool-1.2.3.jar") == ([("org.v:some-tool", "1.2.3")], [])
    assert found(jar(plain), "m/repository/org/x/y/1.0/y-1.0.jar") == ([("org.x:y", "1.0")], [])
    assert found(jar(plain)) == ([], ["does not say which artifact it is"])
    assert found(jar({"a.txt": ""})) == ([], [])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all", jar({"a": "b"})[:-10]])
def test_what_is_no_archive_is_named(content):
    packages, causes = found(content)
    assert (packages, len(causes)) == ([], 1)


def test_ways_of_packing_that_java_does_not_know_are_refused():
    _, causes = found(jar(pom("a", "b", "1"), zipfile.ZIP_LZMA))
    assert ["does not know" in each for each in causes] == [True]
