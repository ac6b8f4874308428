import msgspec

from nephoscope.model.response import Approval, Phase, Run, RunStatus, Step, Target


def test_a_run_survives_being_kept_as_json():
    step = Step(
        "isolate", "aws_isolate_instance", {"instance_id": "i-1"}, phase=Phase.RECORDED, state={"eni-1": ["sg-1"]}
    )
    step = Step(**{**vars(step), "target": Target("1", "eu-west-1", "AWS::EC2::Instance", "i-1")})
    run = Run(
        "r",
        "quarantine_instance",
        {"instance_id": "i-1"},
        "name: …",
        (step,),
        RunStatus.RUNNING,
        approval=Approval("policy"),
    )
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(run)), Run) == run
