"""Every ecosystem of the folder: its own examples, real pairs ordered by the native tools, and any text at all."""

import gzip
import random
import re
import shutil
import subprocess
import time
from inspect import getdoc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared_data import shared

from nephoscope.scan.ecosystem import LONGEST_VERSION, ecosystems, place

FAMILIES = {each.__name__: each for each in ecosystems().values()}
PAIRS = {
    "alpine": "Alpine",
    "cran": "CRAN",
    "debian": "Debian",
    "hackage": "Hackage",
    "maven": "Maven",
    "nuget": "NuGet",
    "packagist": "Packagist",
    "pub": "Pub",
    "pypi": "PyPI",
    "redhat": "Red Hat",
    "rpmvercmp": "Red Hat",
    "rubygems": "RubyGems",
    "semver": "npm",
}

# Pairs that no order can follow, since the native tool of today says otherwise, or contradicts itself.
MAVEN_SAYS_GREATER = {  # ComparableVersion of maven-artifact 3.8.7 and of 3.9.6, asked for exactly these pairs
    ("1.0.0-RC16", "1.0.0.RC8-beta"),
    ("1.0.0-gradle-rework-beta3", "1.0.0.RC7-3"),
    ("1.1.34.sec10", "1.1.34_noneautotype"),
    ("1.1.46.sec10", "1.1.46_noneautotype"),
    ("1.2.8.sec10_noneautotype", "1.2.8_noneautotype"),
    ("1.2.31.sec10", "1.2.31_noneautotype"),
    ("1.2.54.sec10", "1.2.54_noneautotype"),
    ("1.2.60.sec10", "1.2.60_noneautotype"),
    ("1.5.9.RC1", "1.5.9-RC0"),
}
PACKAGING_REFUSES = {("trunk", "3.2.3")}  # packaging.version.InvalidVersion: 'trunk'
PHP_HAS_NO_ORDER = {("1.2.3.#", "1.2.3.1")}  # equal to 1.2.3 and to 1.2.3.1, which are not equal
EXCUSED = MAVEN_SAYS_GREATER | PACKAGING_REFUSES | PHP_HAS_NO_ORDER


def sign(key, first, second):
    one, two = key(first), key(second)
    return "?" if one is None or two is None else "<" if one < two else ">" if one > two else "="


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_the_order_in_a_docstring_is_the_order(family):
    [order] = re.findall(r"Order: (.*?)(?=\n[A-Z]\w+:|\Z)", getdoc(family), re.DOTALL)
    first, *others = order.split()
    assert others
    for said, second in zip(others[::2], others[1::2], strict=True):
        assert (first, sign(family.key, first, second), second) == (first, said, second)
        first = second


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_what_an_ecosystem_refuses_has_no_key(family):
    refused = re.findall(r"Refuses: (.*)", getdoc(family))
    assert all(family.key(text) is None for text in " ".join(refused).split())
    assert family.key("1 0") is None
    assert family.key(" 1.0\n") == family.key("1.0")
    assert family.key("1" * (LONGEST_VERSION + 1)) is None


@pytest.mark.parametrize("name", PAIRS)
def test_real_pairs_are_ordered_as_the_native_tool_orders_them(name):
    wrong, count = [], 0
    for file in sorted(shared("version_pairs").glob(f"{name}*.tsv.gz")):
        for line in gzip.decompress(file.read_bytes()).decode().splitlines():
            first, said, second = line.split("\t")
            count += 1
            if (found := sign(place(PAIRS[name]).key, first, second)) != said:
                wrong.append((first, second, said, found))
    assert count
    assert [each for each in wrong if each[:2] not in EXCUSED] == []


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@given(text=st.text() | st.text("0123456789.-_~^+:!abrcvp", max_size=40))
def test_any_text_has_a_key_or_none(family, text):
    key = family.key(text)
    assert key is None or isinstance(key, bytes)
    assert family.key(text) == key


def dpkg(first, second):
    """What dpkg says; `?` where it refuses one of the two."""
    for said, operator in (("<", "lt"), ("=", "eq"), (">", "gt")):
        run = subprocess.run(["dpkg", "--compare-versions", first, operator, second], capture_output=True, check=False)
        if run.returncode != 1:
            return "?" if run.returncode else said
    raise AssertionError("dpkg orders two versions in no way")


@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not installed")
def test_made_up_versions_are_ordered_as_dpkg_orders_them():
    chance = random.Random(1)
    pieces = ["0", "0", "1", "9", "a", "Z", "~", "+", ".", "-", ":", "é", "1:", "~~", "-1"]
    wrong = []
    for _ in range(300):
        first = "1" + "".join(chance.choices(pieces, k=chance.randint(0, 8)))
        at = chance.randint(1, len(first))
        second = first[:at] + chance.choice(pieces) + first[at + chance.randint(0, 1) :]
        said, found = dpkg(first, second), sign(place("Debian").key, first, second)
        wrong += [(first, second, said, found)] if said != found else []
    assert wrong == []


NUMBERS = st.lists(st.integers(0, 10**20), min_size=3, max_size=3)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@given(first=NUMBERS, second=NUMBERS)
def test_plain_versions_are_ordered_as_their_numbers(family, first, second):
    texts = [".".join(map(str, numbers)) for numbers in (first, second)]
    said = "<" if first < second else ">" if first > second else "="
    assert sign(family.key, *texts) == said


@given(
    numbers=st.lists(st.sampled_from(["0", "1", "10", "00"]), min_size=1, max_size=4),
    more=st.lists(st.sampled_from(["a1", "-beta.2", "rc", ".post1", "-1", ".dev", ".dev3", "+abc", "+1.a", "+01"])),
    others=st.lists(st.sampled_from(["0", "1", "10", "00"]), min_size=1, max_size=4),
    other=st.lists(st.sampled_from(["a1", "-beta.2", "rc", ".post1", "-1", ".dev", ".dev3", "+abc", "+1.a", "+01"])),
)
def test_python_versions_are_ordered_as_packaging_orders_them(numbers, more, others, other):
    from packaging.version import InvalidVersion, Version

    texts = [".".join(numbers) + "".join(more[:3]), ".".join(others) + "".join(other[:3])]
    try:
        first, second = map(Version, texts)
    except InvalidVersion:
        return
    said = "<" if first < second else ">" if first > second else "="
    assert sign(place("PyPI").key, *texts) == said


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@pytest.mark.parametrize("text", ["1.", "1-", "0.", "a.", "1a", "-0", "~", "0", "1.0.a", "1.post", "+"])
def test_a_long_text_takes_no_longer_than_its_length_asks_for(family, text):
    """Four thousand characters: what looks at each pair of them would take seconds."""
    long = ("1" + text * LONGEST_VERSION)[:LONGEST_VERSION]
    began = time.process_time()
    family.key(long)
    assert time.process_time() - began < 0.5


def test_names_and_releases_are_written_one_way():
    same = [
        ("PyPI", "Flask_SQL.Alchemy", "flask-sql-alchemy"),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
        ("Packagist", "Symfony/Http-Kernel", "symfony/http-kernel"),
        ("GitHub Actions", "Actions/Checkout", "actions/checkout"),
        ("npm", "JSONStream", "JSONStream"),
    ]
    assert [place(name).package_name(given) for name, given, _ in same] == [written for *_, written in same]
    releases = {
        "Debian:12.5": "12",
        "Ubuntu:22.04:LTS": "22.04",
        "Ubuntu:Pro:16.04:LTS": "Pro:16.04",
        "Alpine:v3.19": "3.19",
        "Alpine:3.19.1": "3.19",
        "Alpine:edge": "edge",
        "AlmaLinux:9.3": "9",
        "Red Hat:enterprise_linux:9::baseos": "enterprise_linux:9",
        "Red Hat:rhel_eus:9.2::appstream": "rhel_eus:9.2",
        "Red Hat:9.3": "enterprise_linux:9",
        "Photon OS:4.0": "4",
        "Maven:https://maven.google.com": "",
        "SUSE:Linux Enterprise Server 15 SP5": "Linux Enterprise 15 SP5",
        "SUSE:Linux Enterprise Module for Basesystem 15 SP5": "Linux Enterprise 15 SP5",
        "SUSE:Linux Enterprise Server 12 SP4-LTSS": "Linux Enterprise 12 SP4",
        "SUSE:Linux Enterprise Server for SAP Applications 15": "Linux Enterprise 15",
        "SUSE:Linux Enterprise Micro 5.3": "Linux Enterprise Micro 5.3",
    }
    assert {text: place(text).release for text in releases} == releases
