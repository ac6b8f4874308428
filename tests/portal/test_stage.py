from dataclasses import dataclass, field, replace

from tests.portal.serving import browser_of


@dataclass
class Stage:
    """A stage on which one incident can play."""

    playing: list = field(default_factory=list)

    def incidents(self):
        return [{"name": "leak", "title": "leak", "has_played": False, "is_playing": bool(self.playing)}]

    def play(self, name):
        if self.playing:
            return False
        self.playing.append(name)
        return True


def test_an_incident_is_played_from_the_overview_one_at_a_time(portal):
    admin = browser_of(replace(portal, stage=Stage()), "Ada Admin", "admin")

    assert [each["name"] for each in admin.get("overview").json()["incidents"]] == ["leak"]
    assert admin.get("me").json()["is_sandbox"]
    assert admin.post("sandbox/incidents/leak").status_code == 202
    assert admin.post("sandbox/incidents/leak").status_code == 409
    assert admin.post("sandbox/incidents/none").status_code == 404


def test_without_a_sandbox_there_is_none(admin):
    assert admin.post("sandbox/incidents/leak").status_code == 404
