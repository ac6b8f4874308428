"""Statements of people read the lake's own tables; every way out of them is refused."""

import pytest

from nephoscope.model.errors import StoreError
from nephoscope.store.free_sql import SqlRefused, asked_of, result_of

WAYS_OUT = [
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT file('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "SELECT \"file\"('/etc/passwd')",
    "SELECT x FROM (SELECT file('/etc/passwd') AS x)",
    "SELECT arrayMap(f -> file(f), ['/etc/passwd'])",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1', 'system', 'one')",
    "SELECT * FROM remoteSecure('127.0.0.1', 'system', 'one')",
    "SELECT * FROM cluster('default', 'system', 'one')",
    "SELECT * FROM s3('http://127.0.0.1:1/b/x', 'CSV')",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM sqlite('/tmp/x.db', 't')",
    "SELECT * FROM executable('x', 'TSV', 'a Int')",
    "SELECT * FROM input('a Int')",
    "SELECT * FROM Python('x')",
    "SELECT * FROM merge('system', '.*')",
    "SELECT * FROM dictionary('x')",
    "SELECT * FROM view(SELECT 1)",
    "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))",
    "SELECT * FROM filesystem('/')",
    "SELECT * FROM system.tables",
    "SELECT * FROM `system`.`tables`",
    "SELECT * FROM SYSTEM.tables",
    "SELECT * FROM INFORMATION_SCHEMA.TABLES",
    "SELECT 1 WHERE 1 IN system.one",
    "SELECT (SELECT count() FROM system.users)",
    "WITH t AS (SELECT * FROM system.one) SELECT * FROM t",
    "SELECT * FROM migrations",
    "SELECT * FROM nephoscope.migrations",
    "SELECT dictGet('a', 'b', 1)",
    "SELECT joinGet('a', 'b', 1)",
    "SELECT getSetting('max_threads')",
    "SELECT getMacro('x')",
    "SELECT hostName(), FQDN()",
    "SELECT currentUser()",
    "SELECT sleep(3)",
    "SELECT sleepEachRow(1) FROM numbers(3)",
    "SELECT aiGenerate('x')",
    "SELECT 1; SELECT 2",
    "SELECT 1) ; SELECT * FROM items WHERE (1",
    "SELECT 1 INTO OUTFILE '/tmp/nephoscope-out'",
    "SELECT 1 FORMAT CSV",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT * FROM (SELECT 1 SETTINGS max_execution_time = 0)",
    "SELECT 1 -- comment",
    "SELECT /* ; */ 1",
    "SELECT 1 # x",
    "SELECT $a$;$a$",
    "SELECT \N{LEFT SINGLE QUOTATION MARK}a\N{RIGHT SINGLE QUOTATION MARK}",
    "SELECT 'a",
    "SELECT `a\n TableIdentifier events`",
    "SELECT {x:String}",
    "INSERT INTO items VALUES (1)",
    "DROP TABLE items",
    "SHOW TABLES",
    "SET readonly = 0",
    "DESCRIBE events",
    "EXPLAIN SELECT 1",
    "",
    ")",
]
READS = [
    ("SELECT count() AS n FROM events", [[0]]),
    ("SELECT countIf(`api.operation` = 'a;b--/*') FROM events;", [[0]]),
    ("WITH t AS (SELECT 1 AS a) SELECT a + 1 FROM t", [[2]]),
    ("SELECT number, row_number() OVER (ORDER BY number) FROM numbers(2)", [[0, 1], [1, 2]]),
    ("SELECT lower('A') || 'b', [1, 2][1], (1, 2).2, if(1 > 0, 'x', 'y')", [["ab", 1, 2, "x"]]),
    ("SELECT e.`metadata.uid` FROM events AS e JOIN items AS i ON i.account = e.`cloud.account.uid`", []),
    ("SELECT * EXCEPT (raw_data) FROM events LIMIT 1", []),
    ("SELECT JSONExtractString('{\"a\": \"b\"}', 'a')", [["b"]]),
    ("SELECT 1 / 0", [["inf"]]),
]


@pytest.mark.parametrize("sql", WAYS_OUT)
def test_every_way_out_is_refused(lake, sql):
    with pytest.raises(StoreError):
        asked_of(lake, sql, 10)


@pytest.mark.parametrize(("sql", "rows"), READS)
def test_what_computes_from_the_lake_is_answered(lake, sql, rows):
    assert result_of(asked_of(lake, sql, 10))[2] == rows


def test_a_refusal_says_why_and_names_what_there_is(lake):
    with pytest.raises(SqlRefused, match="there are events, finding_changes, items, verdict_changes"):
        asked_of(lake, "SELECT * FROM users", 10)
    with pytest.raises(SqlRefused, match="table function url"):
        asked_of(lake, "SELECT * FROM url('x')", 10)
