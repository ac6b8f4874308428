import pytest

from nephoscope.agent.host import Host
from nephoscope.agent.kinds import (
    Facts,
    FileMode,
    FileSetting,
    MountOption,
    NotApplicable,
    SshdOption,
    SudoDefault,
    Sysctl,
    Wanted,
)
from tests.agent import trees


def facts(tree, files):
    return Facts(Host(str(tree(files))))


@pytest.mark.parametrize(
    ("wanted", "text", "holds"),
    [
        (Wanted("is", "no"), "No", True),
        (Wanted("between", (1, 60)), "1m", True),
        (Wanted("between", (1, 60)), "2m", False),
        (Wanted("between", (1, 60)), "0", False),
        (Wanted("at_least", 14), "fourteen", False),
        (Wanted("at_most", 4), "", False),
        (Wanted("none_of", ("3des-cbc",)), "aes256-gcm, 3DES-CBC", False),
        (Wanted("is_set"), "none", False),
        (Wanted("zero_or_at_least", 900), "0", True),
        (Wanted("zero_or_at_least", 900), "never", True),
        (Wanted("zero_or_at_least", 900), "600", False),
    ],
)
def test_a_value_is_judged(wanted, text, holds):
    assert wanted.holds(text) is holds


FORWARD = Sysctl("net.ipv4.ip_forward", ("0",))
RUNS = {"/proc/sys/net/ipv4/ip_forward": "0\n"}


def test_a_parameter_that_boots_otherwise_than_it_runs_fails(tree):
    found = FORWARD.failure(facts(tree, RUNS | {"/etc/sysctl.d/z.conf": "# x\nnet/ipv4/ip_forward=1\n"}))

    assert found == "net.ipv4.ip_forward runs as 0, but /etc/sysctl.d/z.conf:2 sets it to 1 at boot"


def test_the_later_file_sets_a_parameter_and_etc_masks_a_name(tree):
    early = {"/usr/lib/sysctl.d/50-x.conf": "net.ipv4.ip_forward = 1\n"}
    assert FORWARD.failure(facts(tree, RUNS | early | {"/etc/sysctl.d/50-x.conf": ""})) == ""
    assert FORWARD.failure(facts(tree, RUNS | {"/etc/sysctl.d/99.conf": "-net.ipv4.ip_forward = 0\n"})) == ""


def test_a_parameter_that_the_kernel_lacks_does_not_apply(tree):
    with pytest.raises(NotApplicable, match="this kernel has no"):
        FORWARD.failure(facts(tree, {}))


def test_a_match_that_loosens_an_option_fails(tree):
    root = Wanted("is", "no")
    text = "PermitRootLogin no\nMatch Address 10.0.0.0/8\nPermitRootLogin yes\n"
    found = SshdOption("PermitRootLogin", root).failure(facts(tree, {"/etc/ssh/sshd_config": text}))

    assert found == "PermitRootLogin is yes for Match Address 10.0.0.0/8 (/etc/ssh/sshd_config:3)"


def test_no_ssh_server_does_not_apply(tree):
    with pytest.raises(NotApplicable, match="no SSH server"):
        SshdOption("PermitRootLogin", Wanted("is", "no")).failure(facts(tree, {}))


def test_the_last_setting_counts_unless_the_first_does(tree):
    files = facts(tree, {"/etc/x.conf": "a = 1\na = 2\n"})

    assert FileSetting(("/etc/x.conf",), "a", Wanted("is", "2")).failure(files) == ""
    first = FileSetting(("/etc/x.conf",), "a", Wanted("is", "2"), first_wins=True)
    assert first.failure(files) == "/etc/x.conf:1 sets a to 1"


def test_a_default_holds_only_where_the_file_is_there(tree):
    setting = FileSetting(("/etc/x.conf",), "a", Wanted("is", "1"), default="1")
    with pytest.raises(NotApplicable):
        setting.failure(facts(tree, {}))
    assert setting.failure(facts(tree, {"/etc/x.conf": "b=2\n"})) == ""


def test_a_mount_that_is_not_its_own_does_not_apply(tree):
    with pytest.raises(NotApplicable, match="no file system of its own"):
        MountOption("/tmp", "noexec").failure(facts(tree, {"/proc/1/mountinfo": trees.mount("/", "rw")}))


def test_every_file_that_is_too_open_is_named(tree):
    root = tree({"/etc/group": "", "/etc/cron.d/a": "", "/etc/cron.d/b": ""})
    for name in ("a", "b"):
        (root / "etc/cron.d" / name).chmod(0o666)
    found = FileMode("/etc/cron.d/*", 0o644, owner=None).failure(Facts(Host(str(root))))

    assert found == "/etc/cron.d/a has mode 0666; /etc/cron.d/b has mode 0666"


def test_sudo_that_cannot_be_read_whole_is_unknown(tree):
    from nephoscope.agent.host import Unreadable

    with pytest.raises(Unreadable, match=r"/etc/missing"):
        SudoDefault("use_pty").failure(facts(tree, {"/etc/sudoers": "@include /etc/missing\n"}))


def test_no_sudo_does_not_apply(tree):
    with pytest.raises(NotApplicable, match="sudo is not installed"):
        SudoDefault("use_pty").failure(facts(tree, {}))
