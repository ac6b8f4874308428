"""How right matches are: 5,109 matches of 30 container images that people labelled, against the feeds that apply here.

Counted is what a feed here can know: labels of packages whose ecosystem is AlmaLinux 9 (images built of el9), Debian 8,
10 and 11 (DSA and DLA alone, by packages that are called as their source), PyPI and Go, with a CVE or GHSA that a feed
has for that package name. Other labels, most of them of vulnerabilities that a distribution has not fixed and of
distributions whose feeds are not here, are counted as not covered. The labels are of the day when they were made.
"""

import gzip
import json
import re
from collections import Counter

from bench.figure import Figure, shared
from nephoscope.model.advisory import Advisory
from nephoscope.model.package import Package
from nephoscope.scan.ecosystem import place
from nephoscope.scan.feed import affected
from nephoscope.scan.matcher import Index, Match
from nephoscope.scan.reading import read_advisories

OSV = ("osv_almalinux", "osv_go", "osv_pypi")
RELEASES = {"jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12"}
IMAGES = {  # how the image's name begins → the distribution that it is of; others are of none that a feed here is about
    "anchore/test_images@sha256:fc6f": "AlmaLinux:9",
    "cloudbees/": "Debian:10",
    "gcr.io/distroless/python3-debian11": "Debian:11",
    "jenkins/jenkins": "Debian:11",
    "node@": "Debian:8",
    "python@sha256:5e96": "Debian:10",
}
LANGUAGES = ("PyPI", "Go")
DISTRIBUTION = re.compile(r"-[^-]*(?:el[0-9]|deb|[0-9]\Z)|\A[0-9]+:")


def labels():
    """(image, vulnerability, CVE, package, version, whether it is right) of each label."""
    with gzip.open(shared("data") / "vuln_match_labels" / "images.jsonl.gz") as lines:
        for line in lines:
            image = json.loads(line)
            for vulnerability, cve, package, version, label in image["labels"]:
                yield image["image"], vulnerability, cve, package, version, label == "TP"


def advisories():
    """The advisories of all feeds here."""
    for each in read_advisories([shared("data") / feed / "advisories.jsonl.gz" for feed in OSV]):
        if isinstance(each, Advisory):
            yield each
    yield from debian()


def debian():
    """Debian's advisories, from their list."""
    for name in ("dsa", "dla"):
        with gzip.open(shared("data") / "debian_dsa_dla" / f"{name}.jsonl.gz") as lines:
            yield from map(_debian, lines)


def _debian(line):
    record = json.loads(line)
    fixes = [(RELEASES[release], *fix) for release, *fix in record["fixed"] if release in RELEASES]
    packages = [affected(f"Debian:{release}", package, version) for release, package, version in fixes]
    return Advisory(record["id"], upstream=record["cves"], affected=packages)


def packages_of(image, name, version):
    """The packages that a label's name and version may stand for, by the ecosystems that feeds here are about."""
    distribution = next((there for start, there in IMAGES.items() if image.startswith(start)), "")
    if DISTRIBUTION.search(version):
        return [Package(distribution, name, version, source=name)] if distribution else []
    return [Package(ecosystem, name, version) for ecosystem in LANGUAGES]


def names_of(advisory):
    return {advisory.id, *(advisory.aliases or ()), *(advisory.upstream or ()), *(advisory.related or ())}


def is_modular(version):
    """Whether a version is of an RPM module, which advisories outside of modules are not about."""
    return ".module" in version


def known():
    """(the index, {(ecosystem, release, name, whether of a module): what vulnerabilities the feeds have for it})"""
    index, covered = Index(), {}
    for advisory in advisories():
        index.add(advisory)
        for each in advisory.affected or ():
            where = place(each.package.ecosystem)
            fixes = {event.fixed for one in each.ranges or () for event in one.events if event.fixed}
            key = where.name, where.release, where.package_name(each.package.name), any(map(is_modular, fixes))
            covered.setdefault(key, set()).update(names_of(advisory))
    return index, covered


def judged():
    """(label, whether a feed covers it, whether it was found) of each label."""
    index, covered = known()
    for label in labels():
        image, vulnerability, cve, name, version, _ = label
        candidates = packages_of(image, name, version)
        wanted = {vulnerability, cve}
        is_covered = is_found = False
        for package in candidates:
            where = place(package.ecosystem)
            key = where.name, where.release, where.package_name(name), is_modular(version)
            is_covered |= bool(covered.get(key, set()) & wanted)
            found = (each for each in index.match(package) if isinstance(each, Match))
            is_found |= any(wanted & set(each.names) for each in found)
        yield label, is_covered, is_found


def figures():
    counted, all_labels = Counter(), 0
    for (*_, is_right), is_covered, is_found in judged():
        all_labels += 1
        if is_covered:
            counted[is_right, is_found] += 1
    right, wrong, missed = counted[True, True], counted[False, True], counted[True, False]
    return [
        Figure("labels that a feed here covers", counted.total(), f"of {all_labels}"),
        Figure("… right ones that are found (recall)", 100 * right / (right + missed), f"% of {right + missed}"),
        Figure("… found ones that are right (precision)", 100 * right / (right + wrong), f"% of {right + wrong}"),
        Figure("… wrong ones that are not found", counted[False, False], f"of {counted[False, False] + wrong}"),
    ]
