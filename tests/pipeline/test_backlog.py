"""What is handed over arrives in order, bounded, and nobody waits for ever."""

import threading

from nephoscope.collect.source import LogObject
from nephoscope.pipeline.backlog import Backlog


def test_objects_arrive_in_order_and_who_lists_waits_while_there_is_no_room():
    backlog = Backlog(room=3)
    objects = [LogObject(f"s3://b/{number}") for number in range(20)]
    lister = threading.Thread(target=lambda: [backlog.put(one) for one in [*objects, None]])
    lister.start()
    taken = []
    while None not in taken:
        assert len(backlog) <= 3
        taken += backlog.take(2)
    lister.join(5)

    assert taken == [*objects, None]
    assert backlog.take(2) == []


def test_who_lists_is_let_go_when_all_is_to_stop():
    stopping = threading.Event()
    backlog = Backlog(stopping.is_set, room=1)
    assert backlog.put(LogObject("s3://b/1"))
    stopping.set()

    assert not backlog.put(LogObject("s3://b/2"))
