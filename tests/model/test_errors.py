import inspect

from nephoscope.model import errors
from nephoscope.model.errors import AccessDenied, CloudError, ContentError, MissingExtra, NephoscopeError, SourceError


def test_every_error_is_drawn_in_the_tree():
    named = [name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]

    assert named
    assert all(name in (errors.__doc__ or "") for name in named)
    assert all(issubclass(getattr(errors, name), NephoscopeError) for name in named)


def test_errors_say_what_was_asked_of_what_and_what_to_do():
    assert str(ContentError("rules/a.yml:3", "no condition")) == "rules/a.yml:3: no condition"
    assert str(SourceError("log.gz", "truncated", "record 7")) == "log.gz (record 7): truncated"
    assert str(MissingExtra("up", "server")) == "up needs the extra 'server': pip install 'nephoscope[server]'"
    denied = AccessDenied("s3:GetBucketPolicy", "AccessDenied", "no", account="1", region="eu-west-1")
    assert str(denied) == "s3:GetBucketPolicy in 1 eu-west-1 answered AccessDenied: no"
    assert isinstance(denied, CloudError)
