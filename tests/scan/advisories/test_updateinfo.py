from nephoscope.model.advisory import Advisory
from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.advisories.updateinfo import updateinfo
from nephoscope.scan.matcher import Index


def update(id, package, module="", kind="security"):
    return f"""<update type="{kind}"><id>{id}</id><title>{id}</title><severity>important</severity>
    <issued date="2024-01-02 03:04:05"/><updated date="2024-02-02 03:04:05"/>
    <references><reference href="x" id="CVE-2024-1" type="cve"/><reference id="7" type="bugzilla"/></references>
    <pkglist><collection short="c">{module}{package}</collection></pkglist></update>"""


def package(name="bind", version="9.11.4", release="2.amzn2", epoch="32", arch="x86_64"):
    return f'<package name="{name}" version="{version}" release="{release}" epoch="{epoch}" arch="{arch}"/>'


def read(*updates):
    found = list(updateinfo.read(f"<updates>{''.join(updates)}</updates>".encode(), "updateinfo.xml"))
    return [each for each in found if isinstance(each, Advisory)], [each for each in found if isinstance(each, Gap)]


def index_of(*updates):
    index = Index()
    for advisory in read(*updates)[0]:
        index.add(advisory)
    return index


def test_a_bulletin_fixes_packages_of_the_release_that_their_versions_name():
    index = index_of(update("ALAS2-2024-1", package() + package(arch="src", name="bind-src")))
    [match] = index.match(Package("Amazon Linux:2", "bind", "32:9.11.4-1.amzn2"))

    assert (match.fixed, match.severity, match.related) == ("32:9.11.4-2.amzn2", "high", ("CVE-2024-1",))
    assert index.match(Package("Amazon Linux:2", "bind", "32:9.11.4-2.amzn2")) == []
    [advisory], _ = read(update("ALAS2-2024-1", package()))
    assert advisory.modified == "2024-02-02T03:04:05"


def test_a_module_is_that_of_its_collection():
    built = package("nodejs", "18.1", "1.module_el8.7.0+1", "1")
    index = index_of(update("ALSA-2024:1", built, '<module name="nodejs" stream="18" version="8" arch="x86_64"/>'))

    def of(stream):
        return index.match(Package("AlmaLinux:8", "nodejs", "1:18.0-1.module_el8.7.0+1", module=stream))

    assert [each.fixed for each in of("nodejs:18")] == ["1:18.1-1.module_el8.7.0+1"]
    assert of("nodejs:16") == []


def test_binary_names_are_matched_where_a_distribution_is_asked_by_source():
    index = index_of(update("RLSA-2024:1", package("openssl-libs", "3.0.7", "2.el9", "1")))

    assert len(index.match(Package("Rocky Linux:9", "openssl-libs", "1:3.0.7-1.el9", source="openssl"))) == 1


def test_other_kinds_are_left_out_and_other_publishers_are_named():
    advisories, gaps = read(
        update("ALAS2-2024-1", package(), kind="bugfix"),
        update("XXXX-1", package()),
        update("ALAS2-2024-2", package(release="2")),
        update("ALAS2-2024-3", package()),
    )

    assert [each.id for each in advisories] == ["ALAS2-2024-3"]
    assert [gap.cause for gap in gaps] == ["is of a publisher that is not known here", "names no package of a release"]
