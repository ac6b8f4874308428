import pytest

from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.units import parse, units

SERVICE = (
    "[Unit]\nDescription=x\n[Service]\nExecStart=/bin/x \\\n  --all\nUser=www\n[Install]\nWantedBy=multi-user.target\n"
)
WANTS = "etc/systemd/system/multi-user.target.wants"


@pytest.fixture
def found(tree):
    root = tree(
        {
            "/usr/lib/systemd/system/on.service": SERVICE,
            "/usr/lib/systemd/system/off.service": SERVICE,
            "/usr/lib/systemd/system/static.service": "[Service]\nExecStart=/bin/y\n",
            "/usr/lib/systemd/system/tty@.service": SERVICE,
            "/usr/lib/systemd/system/day.timer": "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
            "/usr/lib/systemd/system/notes.txt": "",
            "/etc/systemd/system/off2.service": SERVICE,
        }
    )
    (root / WANTS).mkdir(parents=True)
    (root / WANTS / "on.service").symlink_to("/usr/lib/systemd/system/on.service")
    (root / WANTS / "tty@1.service").symlink_to("/usr/lib/systemd/system/tty@.service")
    (root / "etc/systemd/system/masked.service").symlink_to("/dev/null")
    (root / "etc/systemd/system/gone.service").symlink_to("/opt/gone/gone.service")
    return units(Host(str(root)))


def test_states_are_as_systemctl_tells_them(found):
    assert {name: unit.state for name, unit in found.items()} == {
        "on.service": "enabled",
        "off.service": "disabled",
        "off2.service": "disabled",
        "static.service": "static",
        "tty@.service": "enabled",
        "day.timer": "disabled",
        "masked.service": "masked",
        "gone.service": "linked to what is not there",
    }


def test_what_a_unit_starts_is_kept(found):
    assert found["on.service"].settings["ExecStart"][0].split() == ["/bin/x", "--all"]
    assert found["on.service"].settings["User"] == ["www"]
    assert found["day.timer"].settings == {"OnCalendar": ["daily"]}


def test_no_folder_of_units_is_not_no_units(tree):
    with pytest.raises(Unreadable, match="no folder of unit files"):
        units(Host(str(tree({"/etc/x": ""}))))


def test_comments_are_left_out():
    assert [setting for _, setting in parse("[A]\n# x=1\n; y=2\nz = 3\n") if setting[0]] == [("z", "3")]
