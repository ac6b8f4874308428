from nephoscope.scan.advisories.photon_wiki import photon_wiki

PAGE = b"""# Critical Photon OS Security Update
Advisory Id     : PHSA-2023-4.0-0500
Issue date      : 2023-10-11
curl - ['[CVE-2023-38545](https://nvd.nist.gov/vuln/detail/CVE-2023-38545)']
"""


def test_a_page_says_which_vulnerabilities_it_mends_and_matches_nothing():
    [advisory] = photon_wiki.read(PAGE, "f.md")

    assert (advisory.id, advisory.modified, advisory.related) == (
        "PHSA-2023-4.0-0500",
        "2023-10-11",
        ["CVE-2023-38545"],
    )
    assert advisory.severity[0].score == "Critical"
    assert advisory.affected is None
