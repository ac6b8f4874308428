from tests.agent.packages.made import found_in, put

LOCK = """\
version = 3

[[package]]
name = "own"
version = "0.1.0"
dependencies = [
 "libc",
]

[[package]]
name = "libc"
version = "0.2.150"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "odd"

[metadata]
version = "9"
"""


def test_crates_are_found_and_the_tree_itself_is_none(tmp_path):
    (package,), (problem,) = found_in(put(tmp_path, {"Cargo.lock": LOCK}))
    assert (package.name, package.version) == ("libc", "0.2.150")
    assert problem.cause == "its package 3 has no name or version"
