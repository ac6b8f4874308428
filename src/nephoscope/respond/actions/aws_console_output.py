from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import CloudError
from nephoscope.respond.aws_capture import Captured, InstanceCapture

if TYPE_CHECKING:
    from nephoscope.model.response import State
    from nephoscope.respond.action import World

NOT_LATEST = ("InvalidParameterCombination", "InvalidParameterValue", "UnsupportedOperation")


@dataclass(frozen=True)
class AwsConsoleOutput(InstanceCapture):
    """Capture what an EC2 instance wrote to its serial console.

    Limits: the last 64 kB. Instances on Nitro give what is there now, others what was there some minutes after they
    last started or stopped.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
    """

    tactic = "capture"
    permissions = ("ec2:GetConsoleOutput",)

    def apply(self, world: World, state: State) -> State:
        captured = Captured(world, self, "console")
        for is_latest in (True, False):
            try:
                answer = self._output(world, is_latest=is_latest)
            except CloudError as error:
                if is_latest and error.code in NOT_LATEST:
                    continue
                captured.lacks("output", error)
                break
            text = str(answer.get("Output") or "")
            said = "as of now" if is_latest else "as last posted"
            if text:
                captured.text("output", text, f"ec2:GetConsoleOutput, {said}, of {answer.get('Timestamp')}")
            else:
                captured.lacks("output", f"EC2 has no console output of it ({said})")
            break
        return captured.told()

    def _output(self, world: World, *, is_latest: bool) -> Any:
        more = {"Latest": True} if is_latest else {}
        return self.call(world, "ec2", "GetConsoleOutput", InstanceId=self.instance_id, **more)
