from nephoscope.assess import Fail, NotApplicable, Pass, check


@check("AWS::Lambda::Function", "AWS::Lambda::Url", severity="high")
def lambda_function_url_asks_who_calls(function):
    """Lambda function's URL asks who calls it.

    Why: without authentication everyone on the internet runs the code.
    Fix: set the URL's AuthType to AWS_IAM, or put an API gateway in front that authenticates.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html

    >>> lambda_function_url_asks_who_calls({"UrlConfig": {"AuthType": "AWS_IAM"}})
    Pass()
    >>> lambda_function_url_asks_who_calls({"UrlConfig": {"AuthType": "NONE"}})
    Fail('AuthType is NONE')
    >>> lambda_function_url_asks_who_calls({"UrlConfig": None})
    NotApplicable('the function has no URL')
    >>> lambda_function_url_asks_who_calls({})
    Unknown('UrlConfig was not collected')
    """
    url = function if "AuthType" in function else function["UrlConfig"]
    if url is None:
        return NotApplicable("the function has no URL")
    return Pass() if url["AuthType"] == "AWS_IAM" else Fail(f"AuthType is {url['AuthType']}")
