import gzip
import io
import json
import ssl
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.clouds.loopback import certificate, request_of, serving

from nephoscope.clouds.safe_address import Network
from nephoscope.config import Advisories, Config
from nephoscope.model.errors import ConfigError
from nephoscope.pipeline.feeds import export_bundle, import_bundle, import_files, remove_feed
from nephoscope.pipeline.fetching import FAILED, NEW, UNCHANGED, Fetching, fetching_of
from nephoscope.scan.publishers import File, Publisher
from nephoscope.signing import opened_key
from nephoscope.store.advisory_feeds import list_feeds
from nephoscope.store.advisory_fetches import list_fetches
from nephoscope.store.gaps import list_gaps
from nephoscope.store.ledger import open_ledger

HOST = "feeds.example"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MODIFIED = "Thu, 30 Apr 2026 10:00:00 GMT"


def archive(*ids):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as members:
        for id in ids:
            members.writestr(f"{id}.json", json.dumps({"id": id, "modified": "2026-04-01T00:00:00Z"}))
    return made.getvalue()


def answer(body, status="200 OK", etag='"1"', **headers):
    said = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nETag: {etag}\r\n{said}\r\n".encode() + body


@pytest.fixture(scope="module")
def trusted(tmp_path_factory):
    """(a server's context, a client's that trusts it)"""
    folder = tmp_path_factory.mktemp("tls")
    key, chain = certificate(HOST)
    (folder / "key.pem").write_bytes(key)
    (folder / "chain.pem").write_bytes(chain)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "chain.pem"))


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(str(tmp_path / "ledger.db")) as opened:
        yield opened


class Site:
    """A publisher's site over HTTPS: {path: answers by turns}; what was asked for, with its headers."""

    def __init__(self, context, answers):
        self.context = context
        self.answers = {path: list(each) if isinstance(each, list) else [each] for path, each in answers.items()}
        self.asked = []

    def __call__(self, connection):
        with self.context.wrap_socket(connection, server_side=True) as secure:
            text, _ = request_of(secure)
            lines = text.split("\r\n")
            path = lines[0].split(" ")[1]
            self.asked.append((path, dict(line.split(": ", 1) for line in lines[1:] if ": " in line)))
            secure.sendall(self.answers[path].pop(0))


def publisher(name="own", format="osv", *paths, **more):
    files = tuple(File(f"https://{HOST}{path}", path.rpartition("/")[2]) for path in paths or ("/all.zip",))
    return Publisher(name, format, files, **more)


def fetched(ledger, tmp_path, trusted, answers, *published, names=None, now=NOON):
    """(outcomes, the site) of one refresh of publishers; the own one, unless others are named."""
    server, client = trusted
    site, published = Site(server, answers), published or (publisher(),)
    with serving(site, sum(len(each) for each in site.answers.values())) as port:
        made = fetching(ledger, tmp_path, client, port, published)
        return made.refresh(names or [each.name for each in published], now), site


def fetching(ledger, tmp_path, client, port, published, **more):
    from nephoscope.clouds.safe_address import dialled

    network = Network(
        allow_private=True,
        deadline_s=20,
        resolve=lambda host, _: ["127.0.0.1"],
        dial=lambda address, _, within_s: dialled(address, port, within_s),
        trust=lambda: client,
    )
    by_name = {each.name: each for each in published}
    return Fetching(ledger, tmp_path / "advisories", network=network, publishers=by_name, **more)


def feeds(ledger):
    with ledger.read() as connection:
        return {each.name: each for each in list_feeds(connection)}


def gaps(ledger):
    with ledger.read() as connection:
        return {(each.gap.subject, each.gap.cause) for each in list_gaps(connection, area="fetch")}


def fetches(ledger):
    with ledger.read() as connection:
        return list_fetches(connection)


def test_what_is_fetched_is_what_would_be_imported(ledger, tmp_path, trusted):
    content = archive("A", "B")
    [outcome], _ = fetched(ledger, tmp_path, trusted, {"/all.zip": answer(content)})
    assert (outcome.state, outcome.advisories) == (NEW, 2)

    (tmp_path / "all.zip").write_bytes(content)
    out = io.BytesIO()
    export_bundle(ledger, tmp_path / "advisories", out, opened_key(tmp_path / "key").sign)
    (tmp_path / "bundle.tar").write_bytes(out.getvalue())
    for place in ("files", "bundle"):
        with open_ledger(str(tmp_path / f"{place}.db")) as other:
            folder = tmp_path / place
            if place == "files":
                import_files(other, folder, "own", [tmp_path / "all.zip"], lambda _: None)
            else:
                import_bundle(other, folder, tmp_path / "bundle.tar", lambda _: True)
            ours, theirs = feeds(ledger)["own"], feeds(other)["own"]
            same = ("name", "file", "sha256", "advisories", "newest_at", "judged")
            assert [getattr(ours, name) for name in same] == [getattr(theirs, name) for name in same]
            assert (folder / theirs.file).read_bytes() == (tmp_path / "advisories" / ours.file).read_bytes()


def test_what_did_not_change_is_left_and_known_to_be_current(ledger, tmp_path, trusted):
    fetched(ledger, tmp_path, trusted, {"/all.zip": answer(archive("A"))})
    before = feeds(ledger)["own"]
    later = NOON + timedelta(hours=7)
    [outcome], site = fetched(ledger, tmp_path, trusted, {"/all.zip": answer(b"", "304 Not Modified")}, now=later)

    assert outcome.state == UNCHANGED
    assert site.asked[0][1]["If-None-Match"] == '"1"'
    assert feeds(ledger)["own"] == before
    assert fetches(ledger)["own"].checked_at == later


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        (answer(b"", "404 Not Found"), "answered 404"),
        (answer(b"", "302 Found", Location="https://elsewhere.example/all.zip"), "redirect to elsewhere.example"),
        (answer(b"no records", etag='"2"'), "is not an OSV record"),
        (answer(archive("A")[:-30], etag='"2"'), "cannot be read"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n", "larger than"),
    ],
    ids=["gone", "elsewhere", "none", "cut", "10 GB"],
)
def test_a_fetch_that_fails_keeps_what_is_there_and_is_a_gap_until_it_succeeds(
    ledger, tmp_path, trusted, broken, cause
):
    fetched(ledger, tmp_path, trusted, {"/all.zip": answer(archive("A"))})
    before = feeds(ledger)["own"]
    [outcome], _ = fetched(ledger, tmp_path, trusted, {"/all.zip": broken}, now=NOON + timedelta(days=1))

    assert outcome.state == FAILED
    assert cause in outcome.cause
    assert feeds(ledger)["own"] == before
    assert (tmp_path / "advisories" / before.file).exists()
    assert gaps(ledger) == {("own: its publisher", outcome.cause)}
    assert fetches(ledger)["own"].checked_at == NOON  # so that its age grows
    [outcome], _ = fetched(ledger, tmp_path, trusted, {"/all.zip": answer(archive("A", "C"), etag='"3"')})
    assert (outcome.state, outcome.advisories, gaps(ledger)) == (NEW, 2, set())


def test_one_feed_that_fails_does_not_hinder_the_next(ledger, tmp_path, trusted):
    answers = {"/a.zip": answer(b"", "404 Not Found"), "/b.zip": answer(archive("B"))}
    both = publisher("a", "osv", "/a.zip"), publisher("b", "osv", "/b.zip")
    outcomes, _ = fetched(ledger, tmp_path, trusted, answers, *both)

    assert [(each.name, each.state) for each in outcomes] == [("a", FAILED), ("b", NEW)]
    assert fetches(ledger)["a"].checked_at is None


def test_a_certificate_that_nobody_signed_is_refused(ledger, tmp_path, trusted):
    server, _ = trusted
    site = Site(server, {"/all.zip": answer(archive("A"))})
    with serving(site, 5) as port:
        made = fetching(ledger, tmp_path, ssl.create_default_context(), port, [publisher()])
        [outcome] = made.refresh(["own"])

    assert "its certificate is not trusted" in outcome.cause
    assert feeds(ledger) == {}


def test_a_publishers_own_format_is_read_and_dated_by_its_server(ledger, tmp_path, trusted):
    entry = {"pkg": {"name": "curl", "secfixes": {"8.5.0-r0": ["CVE-2023-38545"]}}}
    content = json.dumps({"urlprefix": "https://packages.wolfi.dev", "packages": [entry, {}]}).encode()
    packed = answer(gzip.compress(content), Last_Modified=MODIFIED)
    wolfi = publisher("wolfi", "wolfi_secdb", "/security.json")
    [outcome], _ = fetched(ledger, tmp_path, trusted, {"/security.json": packed}, wolfi)

    assert (outcome.state, outcome.advisories, len(outcome.gaps)) == (NEW, 1, 1)
    assert feeds(ledger)["wolfi"].newest_at == "2026-04-30T10:00:00+00:00"
    [(subject, cause)] = gaps(ledger)
    assert (subject.endswith("security.json: packages[1]"), "no package" in cause) == (True, True)


UPDATE = b"""<updates><update type="security"><id>ALAS2-2024-1</id><pkglist><collection>
<package name="bind" version="9.11.4" release="2.amzn2" epoch="32" arch="x86_64"/>
</collection></pkglist></update></updates>"""


def repository(digest=None):
    import hashlib

    digest = digest or hashlib.sha256(UPDATE).hexdigest()
    repomd = f"""<repomd><data type="updateinfo"><checksum type="sha256">{digest}</checksum>
    <location href="repodata/updateinfo.xml"/></data></repomd>""".encode()
    mirrors = f"https://elsewhere.example/2/\nhttps://{HOST}/2/x\n".encode()
    return {
        "/mirror.list": answer(mirrors),
        "/2/x/repodata/repomd.xml": answer(repomd),
        "/2/x/repodata/updateinfo.xml": answer(UPDATE),
    }


def test_a_repository_is_followed_to_what_its_digest_proves(ledger, tmp_path, trusted):
    amazon = publisher("amazon", "updateinfo", "/mirror.list", is_repository=True)
    [outcome], _ = fetched(ledger, tmp_path, trusted, repository(), amazon)
    assert (outcome.state, outcome.advisories) == (NEW, 1)

    again = {name: content for name, content in repository().items() if not name.endswith("updateinfo.xml")}
    [outcome], _ = fetched(ledger, tmp_path, trusted, again, amazon)
    assert outcome.state == UNCHANGED


def test_a_repository_whose_file_is_another_is_refused(ledger, tmp_path, trusted):
    amazon = publisher("amazon", "updateinfo", "/mirror.list", is_repository=True)
    [outcome], _ = fetched(ledger, tmp_path, trusted, repository("0" * 64), amazon)

    assert outcome.state == FAILED
    assert "is not as repomd.xml says" in outcome.cause
    assert feeds(ledger) == {}


def test_a_mirror_on_this_machine_is_read_again_only_when_it_changed(ledger, tmp_path):
    mirror = tmp_path / "mirror of feeds"
    mirror.mkdir()
    (mirror / "all.zip").write_bytes(archive("A"))
    mirrors = {"own": mirror.as_uri()}
    made = Fetching(ledger, tmp_path / "advisories", mirrors=mirrors, publishers={"own": publisher()})

    assert [each.state for each in made.refresh(["own"]) + made.refresh(["own"])] == [NEW, UNCHANGED]
    (mirror / "all.zip").write_bytes(archive("A", "B"))
    assert made.refresh(["own"])[0].advisories == 2
    (mirror / "all.zip").unlink()
    assert made.refresh(["own"])[0].state == FAILED
    assert feeds(ledger)["own"].advisories == 2


def test_feeds_are_due_after_their_time_and_failed_ones_sooner(ledger, tmp_path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "all.zip").write_bytes(archive("A"))
    both = {"own": publisher(), "other": publisher("other")}
    made = Fetching(
        ledger,
        tmp_path / "a",
        ("own", "other"),
        mirrors={"own": mirror.as_uri(), "other": "file:///nowhere"},
        publishers=both,
    )
    assert made.due(NOON) == ["own", "other"]
    made.refresh(["own", "other"], NOON)
    assert made.due(NOON + timedelta(minutes=14)) == []
    assert made.due(NOON + timedelta(minutes=15)) == ["other"]
    assert made.due(NOON + timedelta(hours=6)) == ["own", "other"]
    assert [(row["name"], row["is_configured"], bool(row["cause"])) for row in made.listed(NOON)] == [
        ("own", True, False),
        ("other", True, True),
    ]


def test_a_round_asks_for_one_feed_and_says_whether_more_are_due(ledger, tmp_path):
    mirrors = {name: "file:///nowhere" for name in ("own", "other")}
    both = {"own": publisher(), "other": publisher("other")}
    made = Fetching(ledger, tmp_path / "a", ("own", "other"), mirrors=mirrors, publishers=both)

    assert [made.round(), made.round(), made.round()] == [True, False, False]


def test_a_feed_that_is_removed_is_forgotten_with_what_was_fetched(ledger, tmp_path, trusted):
    fetched(ledger, tmp_path, trusted, {"/all.zip": answer(archive("A"))})
    assert remove_feed(ledger, tmp_path / "advisories", "own")

    assert fetches(ledger) == {}
    assert [path for path in (tmp_path / "advisories").rglob("*") if path.is_file()] == []


def test_a_name_that_nobody_publishes_is_refused(ledger, tmp_path):
    with pytest.raises(ConfigError, match="no publisher's feed is named nowhere"):
        Fetching(ledger, tmp_path).refresh(["nowhere"])
    with pytest.raises(ConfigError, match="did you mean 'debian'"):
        fetching_of(Config(Path("x"), advisories=Advisories(("debain",))), ledger)
    made = fetching_of(Config(tmp_path, advisories=Advisories(("debian",), "2h")), ledger)
    assert (made.feeds, made.every) == (("debian",), timedelta(hours=2))


def test_a_configured_proxy_is_the_only_way_and_tls_is_verified_through_it(ledger, tmp_path, trusted):
    server, client = trusted
    asked, site = [], Site(server, {"/all.zip": answer(archive("A"))})

    def proxy(connection):
        asked.append(request_of(connection)[0].split("\r\n")[0])
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        site(connection)

    def no_name(host, _):
        assert host == "proxy.example"
        return ["127.0.0.1"]

    with serving(proxy) as port:
        way = f"http://proxy.example:{port}"
        network = Network(deadline_s=20, resolve=no_name, trust=lambda: client, proxy=way)
        made = Fetching(ledger, tmp_path / "advisories", network=network, publishers={"own": publisher()})
        [outcome] = made.refresh(["own"])

    assert (outcome.state, outcome.cause) == (NEW, "")
    assert asked == [f"CONNECT {HOST}:443 HTTP/1.1"]
