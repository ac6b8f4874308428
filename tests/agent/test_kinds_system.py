import pytest

from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.kinds import Facts, NotApplicable, Wanted
from nephoscope.agent.kinds_system import AuditSyscalls, AuditWatch, KernelArgument, ModuleOff, Pam, UnitState
from tests.agent import trees

UDF = ModuleOff("udf")


def facts(tree, files):
    return Facts(Host(str(tree(files))))


def module(tree, **changes):
    return facts(tree, trees.files(UDF, False) | changes)


def test_a_module_that_is_loaded_or_built_in_fails(tree):
    loaded = {"/proc/modules": "udf 1 0 - Live 0x0\n"}
    assert UDF.failure(facts(tree, trees.files(UDF, True) | loaded)) == "udf is loaded"


def test_a_module_built_into_the_kernel_fails(tree):
    built_in = {f"/lib/modules/{trees.RELEASE}/modules.builtin": "kernel/fs/udf/udf.ko\n"}
    assert UDF.failure(facts(tree, trees.files(UDF, True) | built_in)) == "udf is built into the kernel"


def test_a_module_that_is_not_there_passes_and_a_denylist_alone_fails(tree):
    assert ModuleOff("hfs").failure(facts(tree, trees.files(UDF, False))) == ""
    denylist = {"/etc/modprobe.d/x.conf": "blacklist udf\ninstall udf\ninstall\n"}
    assert UDF.failure(facts(tree, trees.files(UDF, False) | denylist)) == "udf can be loaded"


def test_a_kernel_without_modules_loads_none(tree):
    with pytest.raises(NotApplicable):
        UDF.failure(facts(tree, {"/proc/sys/kernel/osrelease": "6.1"}))


def test_a_list_of_modules_that_is_missing_is_unknown(tree):
    with pytest.raises(Unreadable, match=r"modules\.builtin"):
        UDF.failure(facts(tree, {"/proc/modules": "", "/proc/sys/kernel/osrelease": "6.1"}))


def test_the_last_argument_of_the_kernel_counts(tree):
    audit = KernelArgument("audit", ("1",))
    assert audit.failure(facts(tree, {"/proc/cmdline": "audit=1 audit=0"})) == "the kernel was started with audit=0"
    assert audit.failure(facts(tree, {"/proc/cmdline": "noaudit=1"})) == "the kernel was started without audit"


def test_a_masked_unit_is_off_and_an_absent_one_too(tree):
    off = UnitState(("avahi.service",), False)
    root = tree({"/usr/lib/systemd/system/x.service": trees.SERVICE})
    assert off.failure(Facts(Host(str(root)))) == ""
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / "etc/systemd/system/avahi.service").symlink_to("/dev/null")
    assert off.failure(Facts(Host(str(root)))) == ""
    assert UnitState(("avahi.service",), True).failure(Facts(Host(str(root)))) == "avahi.service is masked"


def test_pam_is_followed_through_substacks(tree):
    files = {
        "/etc/pam.d/system-auth": "auth substack inner\n-auth optional pam_x.so\n",
        "/etc/pam.d/inner": "auth [default=die] /usr/lib/security/pam_faillock.so authfail deny=9\n",
    }
    lock = Pam(("system-auth",), "auth", ("pam_faillock.so",), "deny", Wanted("between", (1, 5)))

    assert lock.failure(facts(tree, files)) == "deny is 9 in system-auth"
    assert Pam(("system-auth",), "auth", ("pam_x.so",)).failure(facts(tree, files)) == ""


def test_pam_that_includes_itself_ends(tree):
    with pytest.raises(Unreadable, match="nested"):
        Pam(("a",), "auth", ("x.so",)).failure(facts(tree, {"/etc/pam.d/a": "@include a\n"}))


def test_audit_rules_are_read_in_both_spellings(tree):
    rules = (
        "-a always,exit -F path=/etc/shadow -F perm=wa -k x\n-a always,exit -F arch=b64 -S chmod,fchmod -S fchmodat\n"
    )
    files = facts(tree, {"/etc/audit/rules.d/x.rules": rules})

    assert AuditWatch("/etc/shadow").failure(files) == ""
    assert AuditWatch("/etc/passwd").failure(files) == "no audit rule watches /etc/passwd for wa"
    assert AuditSyscalls(("chmod", "fchmodat")).failure(files) == ""
    assert AuditSyscalls(("chmod", "mount")).failure(files) == "no audit rule records mount"


def test_a_rule_that_never_records_does_not_count(tree):
    files = facts(tree, {"/etc/audit/rules.d/x.rules": "-a never,exit -S mount\n"})
    assert AuditSyscalls(("mount",)).failure(files) == "no audit rule records mount"
