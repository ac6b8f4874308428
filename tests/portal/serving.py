"""A portal over seeded stores, and a browser that talks to it without a network."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from nephoscope.portal.app import make_app
from nephoscope.portal.auth.passwords import hash_password
from nephoscope.store.users import find_login, new_user, put_user

URL = "https://localhost"
PASSWORD = "correct horse battery"
HASHED = hash_password(PASSWORD)
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Clock:
    """Now, as a test says."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self):
        return self.now

    def pass_(self, **span):
        self.now += timedelta(**span)


@dataclass
class Browser:
    """Sends requests to an app, keeps its cookies, and says what browsers say of where a request comes from."""

    app: object
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    headers: dict = field(default_factory=lambda: dict(SAME_SITE))
    address: str = "127.0.0.1"

    def request(self, method, path, **more):
        headers = {**self.headers, **more.pop("headers", {})}
        return asyncio.run(self._request(method, path, headers={k: v for k, v in headers.items() if v}, **more))

    async def _request(self, method, path, **more):
        transport = httpx.ASGITransport(self.app, client=(self.address, 1), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=URL, cookies=self.cookies) as client:
            answer = await client.request(method, path, **more)
            self.cookies = client.cookies
        return answer

    def get(self, path, **params):
        return self.request("GET", path if path.startswith("/") else f"/api/v1/{path}", params=params or None)

    def post(self, path, body=None, key=True, **headers):
        sent = {"Idempotency-Key": uuid4().hex} if key is True else {"Idempotency-Key": key} if key else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", f"/api/v1/{path}", json={} if body is None else body, headers=sent)

    def change(self, method, path, body=None, match=None):
        sent = {"If-Match": match} if match else {}
        more = {} if body is None else {"json": body}
        return self.request(method, f"/api/v1/{path}", headers=sent, **more)

    def sign_in(self, name, password=PASSWORD):
        answer = self.post("auth/password", {"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        return self


def add_user(portal, name, *roles, accounts=("*",)):
    """A user whose password is PASSWORD."""
    with portal.ledger.write() as connection:
        known = find_login(connection, name)
        user = new_user(name, roles, accounts, portal.clock(), password=HASHED)
        return known or put_user(connection, user)


def browser_of(portal, name, *roles, accounts=("*",)):
    """A browser in which a user is signed in."""
    add_user(portal, name, *roles, accounts=accounts)
    return Browser(make_app(portal)).sign_in(name)
