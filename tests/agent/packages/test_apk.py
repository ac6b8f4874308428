import json

from tests.agent.packages.made import found_in, put
from tests.shared_data import shared, unpack

from nephoscope.scan.purl import package_of

ALPINE = "ID=alpine\nVERSION_ID=3.19.1\n"


def test_real_databases_hold_what_apk_says(tmp_path):
    data = shared("package_db_fixtures")
    unpack(data / "files.tar.gz", tmp_path)
    compared = 0
    for number, (path, answer) in enumerate(json.loads((data / "answers.json").read_text()).items()):
        if answer["kind"] != "apk":
            continue
        files = {"etc/os-release": ALPINE, "lib/apk/db/installed": (tmp_path / path).read_bytes()}
        packages, problems = found_in(put(tmp_path / str(number), files))
        assert [[each.name, each.version, each.arch, each.source] for each in packages] == answer["packages"], path
        assert bool(problems) == ("corrupt" in path)
        compared += len(packages)
    assert compared == 17


def test_a_package_reads_back_from_its_purl(tmp_path):
    files = {"etc/os-release": ALPINE, "lib/apk/db/installed": "P:libssl3\nV:3.1.4-r5\nA:x86_64\no:openssl\n\nP:odd\n"}
    (package,), (problem,) = found_in(put(tmp_path, files))
    assert package.ecosystem == "Alpine:v3.19"
    assert package_of(package.purl).source == "openssl"
    assert tuple(problem) == ("lib/apk/db/installed:6", "names no version")
