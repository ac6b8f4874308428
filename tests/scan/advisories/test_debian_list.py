from nephoscope.model.coverage import Gap
from nephoscope.scan.advisories.debian_list import debian_list

LIST = b"""[31 Jul 2025] DSA-5970-1 sope - security update
\t{CVE-2025-53603 CVE-2025-53604}
\t[bookworm] - sope 5.8.0-1+deb12u1
\t[zurg] - sope 1
\t[trixie] - sope <not-affected> (never there)
[07 Jun 2015] DSA-3281-1 Debian Security Team PGP/GPG key change notice
[32 Foo 2015] DSA-1-1 broken
[01 Jan 2016] DLA-2 a - fix
\t[wheezy] - a 1.0-1
"""


def test_each_advisory_has_its_fixes_and_an_announcement_has_none():
    gap, first, second = debian_list.read(LIST, "list")

    assert (first.id, first.modified, first.upstream) == (
        "DSA-5970-1",
        "2025-07-31",
        ["CVE-2025-53603", "CVE-2025-53604"],
    )
    fixes = [(each.package.ecosystem, each.package.name, each.ranges[0].events[1].fixed) for each in first.affected]
    assert fixes == [("Debian:12", "sope", "5.8.0-1+deb12u1")]
    assert (second.id, second.affected[0].package.ecosystem) == ("DLA-2", "Debian:7")
    assert gap == Gap("record", "list: DSA-5970-1", "the release zurg is not known here")
