"""Every table, on made hosts: what is there is told, what is hostile harms nothing, what cannot be read says so."""

import base64
import hashlib
import importlib
import json
import os
import socket
import subprocess
import sys

import pytest

from nephoscope.agent import facts
from nephoscope.agent.host import Host, Unreadable
from tests.agent.conftest import BOOT

ID = "a" * 64
KEY = base64.b64encode(b"\0\0\0\x0bssh-ed25519" + b"k" * 36).decode()
PRINT = "SHA256:" + base64.b64encode(hashlib.sha256(base64.b64decode(KEY)).digest()).decode().rstrip("=")
NAUGHTY = b"\xff\xfe\x1b[31m';--<script>${x}\\u0000 \t=:\"\n" * 3


@pytest.fixture
def rows(tree):
    """rows(table, files): the rows of a table on a host that holds the files."""

    def ask(name, files):
        return importlib.import_module(f"nephoscope.agent.tables.{name}").rows(Host(str(tree(BOOT | files))))

    return ask


def process(pid, **changes):
    told = {"name": "sshd", "cmdline": "/usr/sbin/sshd\0-D\0", "cgroup": "0::/system.slice/ssh.service\n", "uid": 33}
    told |= changes
    folder = f"/proc/{pid}"
    return {
        f"{folder}/status": f"Name:\t{told['name']}\nPPid:\t1\nUid:\t{told['uid']}\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
        f"{folder}/stat": f"{pid} (a) b) S 1 " + " ".join(["0"] * 17) + " 500 0 0\n",
        f"{folder}/cmdline": told["cmdline"],
        f"{folder}/cgroup": told["cgroup"],
        f"{folder}/loginuid": "4294967295",
        f"{folder}/comm": told["name"] + "\n",
    }


def test_os_is_one_row(rows):
    [row] = rows("os", {})

    assert (row["id"], row["version_id"], row["kernel"]) == ("debian", "12", "6.1.0-1-amd64")
    assert (row["boot_time"], row["hostname"]) == (1_700_000_000, "host-7")


def test_processes_are_told_with_start_user_and_container(rows):
    cgroup = f"0::/system.slice/docker-{ID}.scope\n"
    [row] = rows("processes", process(7, cgroup=cgroup))

    assert (row["pid"], row["name"], row["uid"], row["effective_uid"]) == (7, "sshd", 33, 0)
    assert row["start_time"] == 1_700_000_005
    assert row["command_line"] == "/usr/sbin/sshd -D"
    assert (row["container"], row["login_uid"], row["program"]) == (ID, None, None)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("mysql --password=hunter2 -u x", "mysql --password=*** -u x"),
        ("x --api-key hunter2", "x --api-key ***"),
        ("X_SECRET_TOKEN=hunter2 x", "X_SECRET_TOKEN=*** x"),
        ("curl https://u:hunter2@host/x", "curl https://u:***@host/x"),
        ("sort --keyword x", "sort --keyword x"),
    ],
)
def test_secrets_in_arguments_are_taken_out(rows, arguments, told):
    [row] = rows("processes", process(7, cmdline=arguments.replace(" ", "\0") + "\0"))
    assert row["command_line"] == told


def test_a_process_that_ended_is_no_row_and_a_strange_one_says_so(rows):
    broken = process(8) | {"/proc/8/status": "Name: x\n"}
    found = rows("processes", process(7) | broken | {"/proc/9/x": ""})

    assert [row["pid"] for row in found] == [7, 8]
    assert "is not as the kernel writes it" in found[1]["cause"]


HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
TCP = "   0: 0100007F:0016 00000000:0000 0A 0:0 0:0 0 0 0 4242 1 x\n"
TCP += "   1: 0100007F:0017 0200007F:0018 01 0:0 0:0 0 0 0 1 1\n"
TCP6 = "   0: 00000000000000000000000001000000:0050 0:0 0A 0:0 0:0 0 33 0 4243 1 x\n"


def test_ports_are_told_with_who_holds_them(rows, tree):
    files = {"/proc/1/net/tcp": HEAD + TCP, "/proc/1/net/tcp6": HEAD + TCP6, "/proc/1/net/udp": HEAD}
    root = tree(process(7))
    (root / "proc/7/fd").mkdir()
    (root / "proc/7/fd/3").symlink_to("socket:[4242]")
    found = rows("listening_ports", files | process(7))

    assert [(row["protocol"], row["address"], row["port"], row["pid"]) for row in found] == [
        ("tcp", "127.0.0.1", 22, 7),
        ("tcp6", "::1", 80, None),
    ]
    assert found[0]["process"] == "sshd"
    assert found[1]["cause"].startswith("no process of this namespace holds it")


def test_our_own_port_is_found_on_this_machine():
    from nephoscope.agent.tables.listening_ports import rows as ports

    with socket.create_server(("127.0.0.1", 0)) as server:
        found = [row for row in ports(Host("/")) if row["port"] == server.getsockname()[1]]
    assert [row["address"] for row in found] == ["127.0.0.1"]


def test_users_have_a_state_of_password_and_no_hash(rows):
    found = {row["name"]: row for row in rows("users", {})}

    assert (found["ana"]["password"], found["ana"]["password_algorithm"]) == ("set", "sha512")
    assert found["root"]["password"] == "none"
    assert "hhh" not in json.dumps(found)


def test_a_shadow_that_cannot_be_read_is_a_cause_in_every_row(rows):
    found = rows("users", {"/etc/shadow": "broken\n"})
    assert {row["cause"] for row in found} == {"/etc/shadow: line 1 is no password entry"}


def test_keys_are_told_by_fingerprint_wherever_sshd_looks(rows):
    options = 'from="10.0.0.0/8",command="echo \\"hi there\\""'
    files = {
        "/etc/ssh/sshd_config": "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u\n",
        "/home/ana/.ssh/authorized_keys": f"# mine\n{options} ssh-ed25519 {KEY} ana@laptop home\nnot a key\n",
        "/etc/ssh/keys/root": f"ssh-ed25519 {KEY}\n",
    }
    found = rows("authorized_keys", files)

    assert [(row["user"], row.get("fingerprint"), row.get("cause")) for row in found] == [
        ("root", PRINT, None),
        ("ana", PRINT, None),
        ("ana", None, "is no key"),
    ]
    assert (found[1]["options"], found[1]["comment"], found[1]["line"]) == (options, "ana@laptop home", 2)
    assert KEY not in json.dumps(found)


def test_a_pipe_in_the_place_of_keys_is_named(rows, tree):
    root = tree({"/home/ana/.ssh/x": ""})
    os.mkfifo(root / "home/ana/.ssh/authorized_keys")
    assert {"user": "ana", "path": "/home/ana/.ssh/authorized_keys", "cause": "is no plain file"} in rows(
        "authorized_keys", {}
    )


def test_cron_is_found_in_all_its_places(rows):
    found = rows(
        "cron",
        {
            "/etc/crontab": "SHELL=/bin/sh\n17 * * * * root run-parts /etc/cron.hourly\nbad\n",
            "/etc/cron.d/x": "@reboot www /bin/x --a  b\n",
            "/var/spool/cron/crontabs/ana": "*/5 * * * * /home/ana/x.sh\n",
            "/etc/cron.daily/backup": "#!/bin/sh\n",
            "/etc/anacrontab": "RANDOM_DELAY=45\n1 5 cron.daily nice run-parts /etc/cron.daily\n",
            "/var/spool/cron/atjobs/a00001": "#!/bin/sh\necho x\n",
        },
    )
    told = {(row.get("schedule"), row.get("user"), row.get("command")) for row in found}

    assert ("17 * * * *", "root", "run-parts /etc/cron.hourly") in told
    assert ("@reboot", "www", "/bin/x --a  b") in told
    assert ("*/5 * * * *", "ana", "/home/ana/x.sh") in told
    assert ("every 1 days, after 5 min", "root", "nice run-parts /etc/cron.daily") in told
    assert {row["schedule"] for row in found if "sha256" in row} == {"daily", "at"}
    assert [row["text"] for row in found if row.get("cause") == "is no entry"] == ["bad"]


def test_units_and_timers_are_told(rows):
    text = "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n"
    assert rows("units", {"/usr/lib/systemd/system/x.timer": text}) == [
        {
            "name": "x.timer",
            "path": "/usr/lib/systemd/system/x.timer",
            "state": "disabled",
            "settings": {"OnCalendar": ["daily"]},
        }
    ]


def test_kernel_modules_are_told_with_taints(rows):
    text = "ext4 100 1 - Live 0x0\nevil 7 2 a,b, Live 0x0 (OE)\n"
    assert rows("kernel_modules", {"/proc/modules": text})[1] == {
        "name": "evil",
        "bytes": 7,
        "used_by": ["a", "b"],
        "taints": "OE",
    }


def test_mounts_are_told_as_they_are_seen(rows):
    text = "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 /x /mnt/a\\040b ro,nosuid shared:1 - xfs /dev/b ro\n"
    found = rows("mounts", {"/proc/1/mountinfo": text + "3 1 0:5 / /mnt/a\\040b rw - tmpfs none rw\n"})

    assert [(row["mount_point"], row["file_system"]) for row in found] == [("/", "ext4"), ("/mnt/a b", "tmpfs")]


TRIE = (
    "Local:\n  +-- 0.0.0.0/0 3\n     |-- 10.0.0.5\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n"
)
ROUTE = "Iface\tDest\tGw\tFlags\tRef\tUse\tMetric\tMask\neth0\t0000000A\t0\t1\t0\t0\t0\t00FFFFFF\n"


@pytest.mark.skipif(sys.byteorder != "little", reason="the sample was written on a little-endian machine")
def test_interfaces_have_their_addresses(rows):
    files = {"/proc/1/net/tcp": "", "/proc/1/net/fib_trie": TRIE, "/proc/1/net/route": ROUTE}
    files["/proc/1/net/if_inet6"] = "fe80000000000000000000000000000a 02 40 20 80     eth0\n"
    for name in ("eth0", "lo"):
        values = {"address": "02:00:00:00:00:0a", "operstate": "up", "mtu": "1500", "flags": "0x1103"}
        files |= {f"/sys/class/net/{name}/{key}": value + "\n" for key, value in values.items()}
    eth0, lo = rows("interfaces", files)

    assert (eth0["addresses"], lo["addresses"]) == (["10.0.0.5", "fe80::a/64"], ["127.0.0.1"])
    assert (eth0["mtu"], eth0["is_promiscuous"]) == (1500, True)


def test_containers_are_told_by_their_runtimes(rows):
    other, third, lost = "b" * 64, "c" * 64, "d" * 64
    files = {
        f"/var/lib/docker/containers/{ID}/config.v2.json": json.dumps(
            {"Name": "/web", "Image": "sha256:1", "Config": {"Image": "nginx:1"}, "HostConfig": {"Privileged": True}}
        ),
        f"/run/containerd/io.containerd.runtime.v2.task/k8s.io/{other}/config.json": json.dumps(
            {"annotations": {"io.kubernetes.cri.container-name": "api", "io.kubernetes.cri.image-name": "api:2"}}
        ),
        "/var/lib/containers/storage/overlay-containers/containers.json": json.dumps(
            [7, {"id": third, "names": ["pod"], "image": "sha256:3"}]
        ),
    }
    places = (f"docker-{ID}.scope", f"cri-containerd-{other}.scope", f"libpod-{third}.scope", f"crio-{lost}.scope")
    for pid, place in enumerate(places, 10):
        files |= process(pid, cgroup=f"0::/x/{place}\n")
    found = rows("containers", files)

    assert [(row["runtime"], row.get("name")) for row in found] == [
        ("docker", "web"),
        ("containerd", "api"),
        ("containers-storage", "pod"),
        (None, None),
    ]
    assert (found[0]["image"], found[0]["is_privileged"], found[0]["first_process"]) == ("nginx:1", True, 10)
    assert "no runtime" in found[3]["cause"]


def test_a_runtimes_state_that_is_broken_is_named(rows):
    files = process(7, cgroup=f"0::/docker-{ID}.scope\n") | {f"/var/lib/docker/containers/{ID}/config.v2.json": "{"}
    [row] = rows("containers", files)
    assert "is no JSON" in row["cause"]


def test_sudo_rules_are_followed_through_their_includes(rows):
    files = {
        "/etc/sudoers": "Defaults env_reset\n#includedir /etc/sudoers.d\n@include extra\nroot ALL=(ALL) \\\n ALL # x\n",
        "/etc/sudoers.d/ops": "%ops ALL=(ALL) NOPASSWD: ALL\n#1000 ALL=ALL\n",
        "/etc/sudoers.d/left.bak": "evil ALL=ALL\n",
        "/etc/sudoers.d/old~": "evil ALL=ALL\n",
    }
    found = rows("sudoers", files)

    assert [(row["line"], row["text"].split(), row["asks_no_password"]) for row in found if "line" in row] == [
        (1, ["Defaults", "env_reset"], False),
        (1, ["%ops", "ALL=(ALL)", "NOPASSWD:", "ALL"], True),
        (2, ["#1000", "ALL=ALL"], False),
        (4, ["root", "ALL=(ALL)", "ALL"], False),
    ]
    assert {"path": "/etc/extra", "cause": "No such file or directory"} in found
    assert "evil" not in json.dumps(found)


def test_sudo_that_includes_itself_ends(rows):
    assert "nested" in rows("sudoers", {"/etc/sudoers": "@include /etc/sudoers\n"})[-1]["cause"]


def test_setuid_files_are_found_once_and_links_are_not_followed(rows, tree):
    root = tree({"/usr/bin/su": "su", "/usr/bin/plain": "x", "/usr/lib/deep/er/helper": "h"})
    (root / "usr/bin/su").chmod(0o4755)
    (root / "usr/lib/deep/er/helper").chmod(0o2755)
    (root / "bin").symlink_to("usr/bin")
    (root / "usr/bin/link").symlink_to("su")
    (root / "usr/lib/loop").symlink_to("..")
    found = rows("setuid", {})

    assert [(row["path"].rpartition("/")[2], row["mode"]) for row in found] == [("su", "4755"), ("helper", "2755")]
    assert found[0]["sha256"] == hashlib.sha256(b"su").hexdigest()


def test_hostile_content_breaks_no_table(tree):
    paths = [
        "/etc/passwd",
        "/etc/group",
        "/etc/shadow",
        "/etc/crontab",
        "/etc/cron.d/x",
        "/etc/sudoers",
        "/proc/modules",
    ]
    paths += ["/proc/1/mountinfo", "/proc/1/net/tcp", "/proc/7/status", "/proc/7/cgroup", "/etc/ssh/sshd_config"]
    paths += ["/usr/lib/systemd/system/x.service", "/proc/1/net/fib_trie", "/proc/1/net/route"]
    paths.append(f"/var/lib/docker/containers/{ID}/config.v2.json")
    root = tree(BOOT | dict.fromkeys(paths, NAUGHTY))
    script = "import sys; from nephoscope.agent.__main__ import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", script, "--root", str(root), "once"], capture_output=True, check=False, text=True
    )

    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert {each["name"] for each in told if each["kind"] == "table"} == set(facts.names())
    assert done.stderr == ""
    assert done.returncode == 1


STATUS = """Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl
Version: 3.0.11-1

Package: gone
Status: deinstall ok config-files
Version: 1
"""


def test_packages_are_named_as_advisories_name_them(rows):
    os_release = 'ID=debian\nVERSION_ID="12"\n'
    [row] = rows("packages", {"/etc/os-release": os_release, "/var/lib/dpkg/status": STATUS})
    assert {key: row[key] for key in ("ecosystem", "name", "version", "source")} == {
        "ecosystem": "Debian:12",
        "name": "libssl3",
        "version": "3.0.11-1",
        "source": "openssl",
    }
    assert row["purl"].startswith("pkg:deb/debian/libssl3@3.0.11-1")


def test_a_damaged_package_database_is_a_row_with_its_cause(rows):
    found = rows(
        "packages", {"/etc/os-release": "ID=rocky\nVERSION_ID=9.3\n", "/var/lib/rpm/rpmdb.sqlite": b"no" * 900}
    )
    assert found
    assert all(row["cause"] and "name" not in row for row in found)


def test_a_host_without_any_package_database_is_not_without_packages(rows):
    with pytest.raises(Unreadable, match="no package database"):
        rows("packages", {"/etc/os-release": "ID=debian\nVERSION_ID=12\n"})
