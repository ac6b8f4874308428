import pytest

from nephoscope.model.package import Package
from nephoscope.scan.kernel import runs, told


@pytest.mark.parametrize(
    ("name", "version", "running", "is_running"),
    [
        ("linux-image-6.1.0-18-amd64", "6.1.76-1", "6.1.0-18-amd64", True),
        ("linux-image-6.1.0-17-amd64", "6.1.69-1", "6.1.0-18-amd64", False),
        ("linux-image-unsigned-5.15.0-91-generic", "5.15.0-91.101", "5.15.0-91-generic", True),
        ("linux-image-amd64", "6.1.76-1", "6.1.0-18-amd64", None),
        ("kernel-core", "5.14.0-362.8.1.el9_3", "5.14.0-362.8.1.el9_3.x86_64", True),
        ("kernel", "0:5.14.0-362.8.1.el9_3", "5.14.0-362.8.1.el9_3.x86_64", True),
        ("kernel-core", "5.14.0-362.8.1.el9", "5.14.0-362.8.1.el9_3.x86_64", False),
        ("kernel-uek", "5.4.17-2136.el8uek", "5.4.17-2136.el8uek.x86_64", True),
        ("kernel6.12", "6.12.1-1.amzn2023", "6.12.1-1.amzn2023.x86_64", True),
        ("kernel-default", "5.3.18-24.61.1", "5.3.18-24.61-default", True),
        ("kernel-default", "5.3.18-24.52.1", "5.3.18-24.61-default", False),
        ("linux-lts", "6.6.32-r0", "6.6.32-0-lts", True),
        ("linux-lts", "6.6.32", "6.6.32-0-lts", False),
        ("kernel-headers-like", "1", "1", None),
        ("openssl", "3", "3", None),
    ],
)
def test_an_installed_kernel_is_known_by_its_release(name, version, running, is_running):
    assert runs(Package("x", name, version), running) is is_running


def test_one_of_several_that_runs_is_enough_and_what_is_not_known_is_not_told():
    old, new = Package("x", "kernel-core", "1-1.el9"), Package("x", "kernel-core", "1-2.el9")

    assert told([old, new], "1-1.el9.x86_64") == "running"
    assert told([new], "1-1.el9.x86_64") == "installed, not running"
    assert told([new], "") == ""
    assert told([Package("x", "openssl", "1")], "1") == ""
