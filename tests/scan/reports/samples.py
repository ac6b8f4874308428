"""Small reports of each scanner, made by hand after its documentation."""

import json

PURL = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12.5&upstream=openssl"
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

TRIVY = {
    "SchemaVersion": 2,
    "ArtifactName": "app:1.4",
    "ArtifactType": "container_image",
    "Results": [
        {
            "Target": "app:1.4 (debian 12.5)",
            "Packages": [{"Name": "libssl3", "Identifier": {"PURL": PURL}}, {"Name": "x", "Identifier": {}}],
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2026-1",
                    "VendorIDs": ["DSA-1"],
                    "PkgIdentifier": {"PURL": PURL},
                    "FixedVersion": "3.0.12-1",
                    "Severity": "HIGH",
                    "SeveritySource": "debian",
                    "CVSS": {"nvd": {"V3Vector": VECTOR}},
                },
                {"VulnerabilityID": "CVE-2026-2"},
            ],
            "Secrets": [{}],
        }
    ],
}
GRYPE = {
    "source": {"type": "image", "target": {"userInput": "app:1.4", "tags": ["app:1.4"]}},
    "distro": {"name": "debian", "version": "12"},
    "matches": [
        {
            "vulnerability": {
                "id": "CVE-2026-1",
                "severity": "Negligible",
                "fix": {"versions": ["3.0.12-1"], "state": "fixed"},
                "cvss": [{"vector": VECTOR}],
            },
            "relatedVulnerabilities": [{"id": "GHSA-1"}],
            "artifact": {"name": "libssl3", "purl": "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64"},
        },
        {"vulnerability": {"id": "CVE-2026-2"}, "artifact": {"name": "x"}},
    ],
}
SYFT = {
    "source": {"type": "directory", "name": "web-1", "metadata": {"path": "/"}},
    "distro": {"id": "debian", "versionID": "12"},
    "artifacts": [{"name": "a", "purl": "pkg:pypi/a@1.0"}, {"name": "libssl3", "purl": "pkg:deb/debian/libssl3@1"}, {}],
}
INSPECTOR = {
    "findings": [
        {
            "findingArn": "arn:aws:inspector2:eu-west-1:111122223333:finding/1",
            "awsAccountId": "111122223333",
            "status": "ACTIVE",
            "type": "PACKAGE_VULNERABILITY",
            "severity": "CRITICAL",
            "packageVulnerabilityDetails": {
                "vulnerabilityId": "CVE-2026-1",
                "cvss": [{"scoringVector": VECTOR, "version": "3.1"}],
                "vulnerablePackages": [
                    {
                        "name": "openssl",
                        "version": "3.0.11",
                        "release": "1",
                        "epoch": 1,
                        "packageManager": "OS",
                        "fixedInVersion": "1:3.0.12-1",
                    },
                    {
                        "name": "lodash",
                        "version": "4.17.20",
                        "packageManager": "NODEPKG",
                        "fixedInVersion": "NotAvailable",
                    },
                ],
            },
            "resources": [{"id": "i-1", "type": "AWS_EC2_INSTANCE", "region": "eu-west-1"}],
        },
        {"findingArn": "x", "status": "ACTIVE", "type": "NETWORK_REACHABILITY", "severity": "HIGH"},
    ]
}
NESSUS = """<?xml version="1.0" ?>
<NessusClientData_v2><Report name="weekly"><ReportHost name="10.0.0.5"><HostProperties>
<tag name="host-fqdn">web-1.example.com</tag><tag name="host-ip">10.0.0.5</tag></HostProperties>
<ReportItem port="443" severity="3" pluginID="12345" pluginName="OpenSSL &lt; 3.0.12">
<cve>CVE-2026-1</cve><cve>CVE-2026-2</cve>
<cvss3_vector>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</cvss3_vector></ReportItem>
<ReportItem port="0" severity="0" pluginID="19506" pluginName="Scan information"/>
<ReportItem port="0" severity="2"/>
</ReportHost></Report></NessusClientData_v2>"""
QUALYS = '''"Scan Report","Example Ltd"
"",""
"IP","DNS","QID","Title","Vuln Status","Type","Severity","CVE ID","CVSS3.1 Base"
"10.0.0.5","web-1","105943","EOL, ""OpenSSL""","Active","Vuln","5","CVE-2026-1, CVE-2026-2","9.8 (AV:N/AC:L/\
PR:N/UI:N/S:U/C:H/I:H/A:H)"
"10.0.0.6","","105944","Old","Fixed","Vuln","4","",""
"10.0.0.6","","45038","Host Scan Time","","Ig","1","",""
"10.0.0.7","short"
"10.0.0.8","web-2","105945","=cmd|/C calc!A0","New","Vuln","9","",""
'''
ALL = {
    "trivy": json.dumps(TRIVY).encode(),
    "grype": json.dumps(GRYPE).encode(),
    "syft": json.dumps(SYFT).encode(),
    "inspector": json.dumps(INSPECTOR).encode(),
    "nessus": NESSUS.encode(),
    "qualys": QUALYS.encode(),
}
