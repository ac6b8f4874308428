from nephoscope.assess import Fail, NotApplicable, Pass, check
from nephoscope.assess.ages import days_since
from nephoscope.assess.lifecycles import LAMBDA_RUNTIMES
from nephoscope.model.errors import NotCollected


@check("AWS::Lambda::Function", severity="medium")
def lambda_function_runtime_is_supported(function):
    """Lambda function's runtime still gets security fixes.

    Why: what is found in it later is never mended.
    Fix: move the function to a runtime that is supported.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html

    >>> def function(runtime):
    ...     return {"Runtime": runtime, "observed": {"JudgedAt": "2026-11-01T00:00:00+00:00"}}
    >>> lambda_function_runtime_is_supported(function("python3.13"))
    Pass()
    >>> lambda_function_runtime_is_supported(function("python3.8"))
    Fail('python3.8 is not supported since 2024-10-14')
    >>> lambda_function_runtime_is_supported({"PackageType": "Image"})
    NotApplicable('the image brings its own runtime')
    >>> lambda_function_runtime_is_supported(function("cobol1"))
    Unknown('Runtime cobol1 is not known')
    """
    if function.get("PackageType", "Zip") == "Image":
        return NotApplicable("the image brings its own runtime")
    runtime = function["Runtime"]
    if runtime not in LAMBDA_RUNTIMES:
        raise NotCollected(f"Runtime {runtime}", "is not known")
    end = LAMBDA_RUNTIMES[runtime]
    is_over = days_since(function, f"{end}T00:00:00+00:00") >= 0
    return Fail(f"{runtime} is not supported since {end}") if is_over else Pass()
