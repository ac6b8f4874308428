from nephoscope import plugins
from nephoscope.collect.source import LogObject, Source
from nephoscope.model.event import COLUMNS


def pick(value):
    return value if isinstance(value, type) and issubclass(value, Source) else None


def test_every_source_is_found_by_its_files_name_and_names_it():
    sources = plugins.load("nephoscope.collect.sources", pick)
    assert {name: source.name for name, source in sources.items()} == {
        name: name for name in ("aws_cloudtrail", "aws_vpc_flow", "azure_activity", "github_audit", "linux_log")
    }


def test_every_source_maps_only_to_columns_that_the_lake_has():
    lake = {column.name for column in COLUMNS}
    for source in plugins.load("nephoscope.collect.sources", pick).values():
        assert set(source.columns.values()) <= lake
        assert source.permissions
        assert source.log_source.product
        assert "Source: https://" in source.__doc__


def test_an_object_is_remembered_by_its_address_and_version():
    assert LogObject("s3://b/k", "e1", receipt="r").key == ("s3://b/k", "e1")
