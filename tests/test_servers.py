"""The servers of the tests do what fault tests ask of them: crash, forget, come back at the same address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
import pytest

from tests.processes import stat_of
from tests.servers import PostgresServer, RedisServer

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


def numbers(url: str, *statements: str) -> list[int]:
    """Run statements in one committed transaction and return the first column of the last one, if it has any."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


@pytest.mark.parametrize("crash", ["immediate restart", "kill -9"])
def test_postgres_keeps_what_was_committed(postgres: PostgresServer, crash: str) -> None:
    url = postgres.create_database(crash.replace(" ", "_"))
    numbers(url, "CREATE TABLE kept (number int)", "INSERT INTO kept VALUES (7)")
    if crash == "kill -9":
        postgres.kill()
        postgres.start()
    else:
        postgres.restart(immediate=True)
    assert numbers(url, "SELECT number FROM kept") == [7]


def test_a_database_is_dropped_under_its_clients(postgres: PostgresServer) -> None:
    url = postgres.create_database("short_lived")
    with closing(psycopg2.connect(url)):
        postgres.drop_database("short_lived")
    with pytest.raises(psycopg2.OperationalError):
        numbers(url, "SELECT 1")


def test_postgres_leaves_nothing_behind() -> None:
    with PostgresServer() as server:
        assert server.process is not None
        pid, folder = server.process.pid, server.folder
        if os.geteuid() == 0:
            assert Path(f"/proc/{pid}").stat().st_uid != 0
    assert stat_of(pid) == []
    assert not folder.exists()


@pytest.mark.parametrize("on_port", [False, True])
def test_redis_forgets_when_flushed_or_killed(on_port: bool) -> None:
    with RedisServer(on_port=on_port) as redis:
        address = redis.url
        redis.command("SET bell rung")
        redis.flush()
        assert redis.command("GET bell") == "$-1\r\n"
        redis.command("SET bell rung")
        redis.kill()
        redis.start()
        assert redis.command("GET bell") == "$-1\r\n"
        assert redis.url == address
    assert not redis.folder.exists()
