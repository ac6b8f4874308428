"""The company, seeded once into a plain moto in a process of its own."""

import os
import socket
import subprocess
import sys
import time

import pytest

from nephoscope.sandbox.company import seed
from nephoscope.sandbox.company.reach import Reach, root_keys

MOTO_ACCOUNT = "123456789012"


@pytest.fixture(scope="session")
def moto_url():
    """A moto server on a free port; ended with the tests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    switches = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=os.environ | switches,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def wait_for(port):
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("moto did not start")


@pytest.fixture(scope="session")
def told():
    """What the seeding said it was doing."""
    return []


@pytest.fixture(scope="session")
def company(moto_url, told):
    """The seeded company."""
    return seed(moto_url, management=MOTO_ACCOUNT, progress=told.append)


@pytest.fixture(scope="session")
def within(company):
    """`within(account)`: an administrator's reach into an account of the company."""
    root = Reach(company.endpoint_url, root_keys(MOTO_ACCOUNT))

    def reach(account):
        return root if account is company.security else root.assume(account.role_arn(company.access_role), "test")

    return reach
