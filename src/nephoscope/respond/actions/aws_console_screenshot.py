from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.errors import CloudError
from nephoscope.respond.aws_capture import Captured, InstanceCapture

if TYPE_CHECKING:
    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsConsoleScreenshot(InstanceCapture):
    """Capture a picture of an EC2 instance's screen.

    Limits: not every instance type has a screen (bare metal, Graviton and some others have none): that it has none is
    noted. It must be running. The picture is asked for without waking the screen, which would be a key press.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleScreenshot.html
    """

    tactic = "capture"
    permissions = ("ec2:GetConsoleScreenshot",)

    def apply(self, world: World, state: State) -> State:
        captured = Captured(world, self, "console")
        try:
            answer = self.call(world, "ec2", "GetConsoleScreenshot", InstanceId=self.instance_id)
            picture = base64.b64decode(str(answer.get("ImageData") or ""), validate=True)
            if picture:
                captured.keep("screenshot.jpg", picture, "image/jpeg", "ec2:GetConsoleScreenshot")
            else:
                captured.lacks("screenshot.jpg", "EC2 answered without a picture")
        except CloudError as error:
            captured.lacks("screenshot.jpg", error)
        except binascii.Error as error:
            captured.lacks("screenshot.jpg", f"EC2 answered with what is no base64: {error}")
        return captured.told()
