from dataclasses import replace

import pytest

from nephoscope.model.advisory import Affected
from nephoscope.model.package import Package
from nephoscope.scan.condition import Condition, condition_of, is_outside, module_of, state_of, without_epoch

MODULAR = "1:18.12.1-2.module+el8.7.0+17306+fc023f99"


def package(version="1-1.el8", module="", arch=""):
    return Package("AlmaLinux:8", "nodejs", version, module=module, arch=arch)


@pytest.mark.parametrize(
    ("module", "of", "holds"),
    [
        ("", package(), True),
        ("", package(MODULAR, "nodejs:18"), True),
        ("nodejs:18", package(MODULAR, "nodejs:18"), True),
        ("nodejs:18", package(MODULAR, "nodejs:18:8070020230209132426:bd1311ed"), True),
        ("nodejs:16", package(MODULAR, "nodejs:18"), False),
        ("nodejs:18", package(), False),
        ("nodejs:18", package(MODULAR), None),
        ("ksplice", package("2:1.1.1g-15.ksplice1.el8_3"), True),
        ("ksplice", package("2:1.1.1g-15.el8_3"), False),
    ],
)
def test_a_module_is_that_of_the_package(module, of, holds):
    assert Condition(module=module).holds(of) is holds


@pytest.mark.parametrize(("arch", "holds"), [("x86_64", True), ("aarch64", False), ("noarch", True), ("", True)])
def test_an_architecture_is_that_of_the_package_where_it_has_one(arch, holds):
    assert Condition(arch="x86_64").holds(package(arch=arch)) is holds


def test_a_module_is_compared_with_fixes_of_modules_alone():
    assert is_outside(package(MODULAR, "nodejs:18"), "1:18.1-1.el8")
    assert not is_outside(package(MODULAR, "nodejs:18"), "1:18.14.2-2.module_el8.7.0+1")
    assert not is_outside(package(MODULAR, "nodejs:18"), "")
    assert not is_outside(package(), "1:18.1-1.el8")


def test_a_package_that_is_known_to_be_of_no_module_is_not_compared_with_fixes_of_modules():
    told = replace(package(), source="nodejs")
    assert is_outside(told, "1:18.14.2-2.module_el8.7.0+1")
    assert not is_outside(told, "1:18.14.2-2.el8")
    assert not is_outside(package(), "1:18.14.2-2.module_el8.7.0+1")
    ksplice = replace(package("2:1.1.1g-15.ksplice1.el8_3"), source="openssl")
    assert is_outside(ksplice, "1:1.1.1k-1.el8")
    assert not is_outside(ksplice, "2:1.1.1k-1.ksplice1.el8")
    assert module_of(package("2:1.1.1g-15.ksplice1.el8_3")) == "ksplice"


def test_a_record_says_its_condition_and_state_and_what_is_none_is_passed_over():
    said = {"package": "binary", "module": "a:1:2", "arch": "x86_64", "epoch": "none", "state": "will not fix"}

    assert condition_of(Affected(ecosystem_specific=said)) == Condition("binary", "a:1", "x86_64", no_epoch=True)
    assert state_of(Affected(ecosystem_specific=said)) == "will not fix"
    for other in (None, [], "x", {"package": 7, "module": None, "state": "<b>"}, {"package": "both", "binaries": []}):
        assert condition_of(Affected(ecosystem_specific=other)) is None
        assert state_of(Affected(ecosystem_specific=other)) == ""


def test_an_epoch_is_taken_off():
    assert [without_epoch(text) for text in ("1:2-3", "2-3", ":2", "a:2")] == ["2-3", "2-3", "2", "a:2"]
