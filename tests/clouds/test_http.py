import pytest
from tests.collect.serving import served

from nephoscope.clouds.http import Http, linked, secret
from nephoscope.model.errors import AccessDenied, CloudError, ConfigError


class Service:
    """Answers what the test lays down, the last for ever; keeps what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, handler, path, query, body):
        self.asked.append((handler.command, path, query, body, dict(handler.headers)))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def client(url, waited=None, **options):
    return Http(url, "service:call", "read", wait=(waited if waited is not None else []).append, **options)


GOOD = (200, {"X-Kind": "a"}, b"good")


def test_an_answer_is_given_with_its_headers():
    with served(Service(GOOD)) as url:
        answer = client(url).get("path", {"Authorization": "Bearer x"}, {"q": "a b"})
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (200, b"good", "a")


def test_a_form_is_sent_as_one():
    service = Service(GOOD)
    with served(service) as url:
        client(url).post("token", {"a": "b c"})
    assert service.asked[0][3] == b"a=b+c"


def test_failures_that_pass_are_waited_out_ever_longer():
    waited = []
    with served(Service((503, {}, b""), (500, {}, b""), GOOD)) as url:
        assert client(url, waited).get("p", {}).body == b"good"
    assert waited == [2.0, 4.0]


@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "7"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1007"}],
)
def test_a_limit_says_how_long_to_wait(headers):
    waited = []
    with served(Service((429, headers, b""), GOOD)) as url:
        client(url, waited, clock=lambda: 1000.0).get("p", {})
    assert waited == [7.0]


def test_a_failure_that_stays_is_told_with_what_the_service_said():
    with served(Service((500, {}, {"error": {"message": "out of order"}}))) as url, pytest.raises(CloudError) as raised:
        client(url).get("p", {})
    assert "out of order" in str(raised.value)


def test_a_refusal_names_the_permission():
    with served(Service((403, {}, {"message": "no"}))) as url, pytest.raises(AccessDenied) as raised:
        client(url).get("p", {})
    assert raised.value.permission == "read"


def test_a_token_is_sent_nowhere_else():
    service = Service((302, {"Location": "http://127.0.0.1:9/x"}, b""))
    with served(service) as url:
        with pytest.raises(CloudError, match="302"):
            client(url).get("p", {"Authorization": "Bearer x"})
        with pytest.raises(CloudError, match="foreign address"):
            client(url).get("https://elsewhere.example/next", {"Authorization": "Bearer x"})
    assert len(service.asked) == 1


def test_only_this_machine_is_spoken_with_in_the_clear():
    with pytest.raises(ConfigError, match="https"):
        client("http://api.example.com")


def test_a_service_that_is_not_there_is_told():
    with served(Service(GOOD)) as url:
        gone = url
    with pytest.raises(CloudError):
        client(gone).get("p", {})


def test_the_next_page_is_found_among_links():
    header = '<https://a/x?y=1,2>; rel="prev", <https://a/n>; rel="next"; title="t"'
    assert linked(header, "next") == "https://a/n"
    assert linked("", "next") == ""


def test_a_secret_is_read_from_where_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("from file\n")
    monkeypatch.setenv("A_TOKEN", "from variable")
    assert secret("", str(tmp_path / "token")) == "from file"
    assert secret("A_TOKEN", "") == "from variable"
    for variable, file in (("", ""), ("NO_SUCH_TOKEN", ""), ("", str(tmp_path / "none"))):
        with pytest.raises(ConfigError):
            secret(variable, file)
