import pytest

from tests.agent.gateway import Gateway


@pytest.fixture
def gateway():
    made = Gateway()
    yield made
    made.close()


@pytest.fixture
def tree(tmp_path):
    """Makes files below a root: tree({"/etc/passwd": "…"}) answers the root."""
    root = tmp_path / "root"
    root.mkdir()

    def make(files):
        for path, content in files.items():
            place = root / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                place.write_bytes(content)
            else:
                place.write_text(content)
        return root

    return make


BOOT = {
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n',
    "/etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "/proc/stat": "cpu 1 2\nbtime 1700000000\n",
    "/proc/uptime": "1000.00 2000.00\n",
    "/proc/version": "Linux version 6.1.0\n",
    "/proc/sys/kernel/osrelease": "6.1.0-1-amd64\n",
    "/proc/sys/kernel/hostname": "host-7\n",
    "/proc/sys/kernel/random/boot_id": "11111111-2222-3333-4444-555555555555\n",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nana:x:1000:1000::/home/ana:/bin/bash\n",
    "/etc/group": "root:x:0:\nana:x:1000:\nshadow:x:42:\n",
    "/etc/shadow": f"root:*:19000:0:99999:7:::\nana:$6$salt${'h' * 86}:19000:1:90:7:::\n",
}


@pytest.fixture
def host(tree):
    """A small Debian host."""
    from nephoscope.agent.host import Host

    return Host(str(tree(BOOT)))
