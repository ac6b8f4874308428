"""A piece of work is one process's for as long as it lives and renews its lease."""

import time

from nephoscope.model.errors import StoreError
from nephoscope.pipeline.leases import held, is_alive, lease_name


def test_a_lease_names_a_process_that_can_be_looked_up():
    mine = lease_name()
    host, pid, started, thread = mine.rsplit("/", 3)
    assert is_alive(mine)
    assert not is_alive(f"{host}/{pid}/1/{thread}")
    assert not is_alive(f"{host}/999999999/{started}/{thread}")
    assert is_alive(f"another{host}/{pid}/1/{thread}")


def test_a_lease_is_renewed_as_long_as_the_block_lasts_also_after_the_store_failed_once():
    renewed = []

    def renew():
        renewed.append(time.monotonic())
        if len(renewed) == 1:
            raise StoreError("locked")

    with held(renew, 0.02):
        deadline = time.monotonic() + 10
        while len(renewed) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    count = len(renewed)
    time.sleep(0.06)

    assert len(renewed) == count >= 3
