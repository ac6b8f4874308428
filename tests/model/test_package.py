from nephoscope.model.package import Package


def test_two_packages_are_one_if_all_that_is_known_of_them_is_the_same():
    openssl = Package("Debian:12", "libssl3", "3.0.11-1", source="openssl")

    assert len({openssl, Package("Debian:12", "libssl3", "3.0.11-1", source="openssl")}) == 1
    assert openssl != Package("Debian:12", "libssl3", "3.0.11-1")
