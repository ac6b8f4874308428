"""Long polls are recognised and shortened in both of SQS's protocols."""

import json

from nephoscope.sandbox.cloud import Wire
from nephoscope.sandbox.poll import is_long_poll, without_waiting
from tests.sandbox.made import call


def test_only_a_receive_that_waits_is_a_long_poll():
    assert is_long_poll(call("sqs", "ReceiveMessage", {"WaitTimeSeconds": 5}))
    assert not is_long_poll(call("sqs", "ReceiveMessage", {"WaitTimeSeconds": 0}))
    assert not is_long_poll(call("sqs", "SendMessage", {"WaitTimeSeconds": 5}))


def test_the_wait_is_taken_out_and_the_rest_stays():
    form = Wire("POST", "/", "", {}, b"Action=ReceiveMessage&WaitTimeSeconds=20&QueueUrl=q")
    assert without_waiting(form).body == b"Action=ReceiveMessage&WaitTimeSeconds=0&QueueUrl=q"
    asked = json.loads(without_waiting(Wire("POST", "/", "", {}, b'{"QueueUrl":"q","WaitTimeSeconds":20}')).body)
    assert asked == {"QueueUrl": "q", "WaitTimeSeconds": 0}
