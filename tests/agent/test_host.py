import os

import pytest

from nephoscope.agent.host import Host, Unreadable, pairs, shown


def test_files_are_read_below_the_root(tree):
    host = Host(str(tree({"/etc/hostname": "host-7\n"})))

    assert host.text("/etc/hostname") == "host-7\n"
    assert host.lines("/etc/hostname") == ["host-7"]
    assert host.names("/etc") == ["hostname"]
    assert host.exists("/etc/hostname")
    assert not host.exists("/etc/absent/below")


def test_links_stay_inside_the_root(tree, tmp_path):
    root = tree({"/etc/real": "inside", "/etc/shadow": "the tree's"})
    (tmp_path / "outside").write_text("outside")
    for name, target in {"abs": "/etc/shadow", "up": "../../../../etc/real", "out": "../../outside"}.items():
        (root / "etc" / name).symlink_to(target)
    host = Host(str(root))

    assert host.text("/etc/abs") == "the tree's"
    assert host.text("/etc/up") == "inside"
    with pytest.raises(Unreadable) as found:
        host.text("/etc/out")
    assert found.value.absent


def test_links_that_lead_in_a_circle_are_refused(tree):
    root = tree({"/etc/x": ""})
    (root / "etc/a").symlink_to("b")
    (root / "etc/b").symlink_to("a")
    with pytest.raises(Unreadable, match="too many symbolic links"):
        Host(str(root)).text("/etc/a")


def test_pipes_folders_and_devices_are_not_opened(tree):
    root = tree({"/etc/x": ""})
    os.mkfifo(root / "etc/pipe")
    host = Host(str(root))
    for path in ("/etc/pipe", "/etc"):
        with pytest.raises(Unreadable, match="is no plain file"):
            host.read(path)
    with pytest.raises(Unreadable, match="is no plain file"):
        Host("/").read("/dev/zero")


def test_what_is_too_large_is_not_read(tree):
    with pytest.raises(Unreadable, match="holds more than 10 bytes"):
        Host(str(tree({"/big": "x" * 11}))).read("/big", 10)


def test_absent_and_denied_are_told_apart(tree):
    host = Host(str(tree({"/etc/x": "file"})))
    with pytest.raises(Unreadable) as absent:
        host.read("/etc/none")
    with pytest.raises(Unreadable) as denied:
        host.read("/etc/" + "n" * 300)

    assert absent.value.absent
    assert not denied.value.absent
    assert "too long" in denied.value.cause


def test_a_path_with_a_null_is_named(tree):
    with pytest.raises(Unreadable):
        Host(str(tree({}))).read("/etc/\0x")


def test_patterns_find_paths_and_hidden_ones_only_when_asked(tree):
    host = Host(str(tree({"/etc/a.conf": "", "/etc/.b.conf": "", "/etc/c.txt": ""})))

    assert host.glob("/etc/*.conf") == ["/etc/a.conf"]
    assert host.glob("/etc/.*.conf") == ["/etc/.b.conf"]
    assert host.glob("/none/*") == []


def test_text_that_is_no_utf_8_is_escaped(tree):
    host = Host(str(tree({"/x": b"caf\xe9"})))

    assert host.text("/x") == "caf\\xe9"
    assert shown("caf\udce9") == "caf\\xe9"


def test_json_that_is_none_is_named(tree):
    host = Host(str(tree({"/x": "{", "/deep": "[" * 100_000})))
    for path in ("/x", "/deep"):
        with pytest.raises(Unreadable, match="is no JSON"):
            host.json(path)


def test_pairs_are_read_without_their_quotes():
    assert pairs("ID=debian\nNAME=\"A 'b'\"\n# X=1\nbad\n") == {"ID": "debian", "NAME": "A 'b'"}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a link to somebody else")
def test_a_link_that_somebody_else_laid_to_roots_file_is_not_followed(tree):
    root = tree({"/etc/shadow": "secret", "/var/log/x": ""})
    for name, uid in (("ours", 0), ("theirs", 1000)):
        (root / "var/log" / name).symlink_to("/etc/shadow")
        os.lchown(root / "var/log" / name, uid, uid)
    host = Host(str(root))
    target = host.status("/etc/shadow")

    assert host.may_follow("/var/log/ours", target)
    assert host.may_follow("/var/log/x", target)
    assert not host.may_follow("/var/log/theirs", target)
