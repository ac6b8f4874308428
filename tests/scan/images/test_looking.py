from tests.scan.images.made import saved, tar
from tests.scan.images.test_manifest import Held

from nephoscope.agent.packages.package import Package, Problem
from nephoscope.scan.images.looking import look


def test_a_package_that_was_away_for_a_layer_is_of_the_layer_that_brought_it_back():
    def status(*names):
        return tar(
            ("etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
            ("var/lib/dpkg/status.d/x", "".join(f"Package: {name}\nVersion: 1\n\n" for name in names).encode()),
        )

    layers = (status("a", "b"), status("a"), status("a", "b", "c"))
    files = saved(*layers)
    found = {each.name: each.layer for each in look(Held(files), "") if isinstance(each, Package)}
    image = [each.layer for each in look(Held(saved(*layers[:1])), "") if isinstance(each, Package)]
    assert found["a"] == image[0]
    assert found["b"] != found["a"]


def test_an_image_that_cannot_be_chosen_is_a_problem():
    assert [type(each) for each in look(Held({}), "")] == [Problem]
