"""A ClickHouse node for tests: native TCP and HTTP on the loopback, no authentication.

The library of npm's @chdb/lib-linux-x64-gnu exports clickhouse-local as `chdb_query_cmdline(argc, argv)`; a statement
of it opens the ports, the next one goes on for ever. The node ends with the process that started it.

python node.py LIBRARY FOLDER TCP_PORT HTTP_PORT CONFIGURATION
"""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1
SERVE = (
    "SYSTEM START LISTEN TCP",
    "SYSTEM START LISTEN HTTP",
    "SELECT sleepEachRow(1) FROM system.numbers "
    "SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null",
)


def serve(library, folder, tcp_port, http_port, configuration):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    arguments = [
        "clickhouse",
        f"--config-file={configuration}",
        f"--path={folder}",
        "--listen_host=127.0.0.1",
        f"--tcp_port={tcp_port}",
        f"--http_port={http_port}",
        f"--query={'; '.join(SERVE)}",
    ]
    argv = (ctypes.c_char_p * (len(arguments) + 1))(*(each.encode() for each in arguments), None)
    main = ctypes.CDLL(library).chdb_query_cmdline
    main.restype = ctypes.c_void_p
    main(len(arguments), argv)


if __name__ == "__main__":
    serve(*sys.argv[1:])
