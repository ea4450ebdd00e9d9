"""Run a command with a PostgreSQL and a Redis of its own: python -m tests.on_postgres CMD..."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.servers import PostgresServer, RedisServer


def main(command: list[str]) -> int:
    """Start both servers, run the command with DATABASE_URL and REDIS_URL, stop them; return its exit code."""
    if not command:
        sys.exit("usage: python -m tests.on_postgres CMD...")
    # So that a TERM, too, goes through the end of the with statement.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with PostgresServer() as postgres, RedisServer() as redis:
        environment = {**os.environ, "DATABASE_URL": postgres.url, "REDIS_URL": redis.url}
        code = subprocess.run(command, env=environment, check=False).returncode
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
