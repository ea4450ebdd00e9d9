"""A wrong setting stops the start with a sentence that says what to write."""

from __future__ import annotations

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.environment import database, env_bool, env_float, env_int, env_key, env_keys, env_text

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER = base64.urlsafe_b64encode(b"\xfb" * 32).decode()


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    """Return a function that sets the variable THING."""
    monkeypatch.delenv("THING", raising=False)
    monkeypatch.delenv("THING_FILE", raising=False)
    return lambda value: monkeypatch.setenv("THING", value)


def test_a_text_is_read_and_its_default_taken(given) -> None:
    assert env_text("THING", "default") == "default"
    given("here")
    assert env_text("THING", "default") == "here"


def test_a_missing_text_says_how_to_set_it(given) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"THING is not set\. Set it in the environment"):
        env_text("THING")


def test_a_secret_may_come_from_a_file(given, monkeypatch, tmp_path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    monkeypatch.setenv("THING_FILE", str(tmp_path / "secret"))
    given("from the environment")
    assert env_text("THING") == "from a file"


@pytest.mark.parametrize(("value", "read"), [("True", True), ("False", False)])
def test_true_and_false_are_read(given, value: str, read: bool) -> None:
    given(value)
    assert env_bool("THING", not read) is read


@pytest.mark.parametrize("value", ["", "true", "1", "yes", "on"])
def test_any_other_word_is_refused(given, value: str) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match=f"THING is '{value}'; write True or False."):
        env_bool("THING", False)


def test_numbers_are_read_or_refused(given) -> None:
    assert (env_int("THING", 3), env_float("THING", 0.5)) == (3, 0.5)
    given("7")
    assert (env_int("THING", 3), env_float("THING", 0.5)) == (7, 7.0)
    given("2.5")
    assert env_float("THING", 0.5) == 2.5
    with pytest.raises(ImproperlyConfigured, match=r"THING is '2\.5'; write a whole number\."):
        env_int("THING", 3)
    given("many")
    with pytest.raises(ImproperlyConfigured, match=r"THING is 'many'; write a number\."):
        env_float("THING", 0.5)


def test_a_key_is_thirty_two_bytes(given) -> None:
    given(KEY)
    assert env_key("THING") == bytes(range(32))


@pytest.mark.parametrize("value", ["", "x", KEY[:20], "é" * 44, base64.urlsafe_b64encode(bytes(31)).decode()])
def test_any_other_key_is_refused(given, value: str) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match="THING must be 32 bytes in url-safe base64"):
        env_key("THING")


def test_the_first_of_several_keys_seals(given) -> None:
    given(f"k2:{OTHER}, k1:{KEY}")
    keys = env_keys("THING")
    assert list(keys) == ["k2", "k1"]
    assert keys["k1"] == bytes(range(32))


@pytest.mark.parametrize("value", ["", KEY, f":{KEY}", "k1:", f"k1:{KEY},"])
def test_keys_without_names_are_refused(given, value: str) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match="THING is a list of NAME:KEY separated by commas, newest first"):
        env_keys("THING")


def test_a_broken_key_in_a_list_is_named(given) -> None:
    given(f"k2:{KEY},k1:broken")
    with pytest.raises(ImproperlyConfigured, match="THING key k1 must be 32 bytes"):
        env_keys("THING")


def test_a_key_never_stands_in_the_error(given) -> None:
    given("k1:" + KEY[:30])
    with pytest.raises(ImproperlyConfigured) as caught:
        env_keys("THING")
    assert KEY[:30] not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name"), [("sqlite:///one.sqlite3", "/one.sqlite3"), ("sqlite:////var/one.sqlite3", "/var/one.sqlite3")]
)
def test_a_sqlite_file(url: str, name: str) -> None:
    entry = database(url)
    assert (entry["ENGINE"], entry["NAME"]) == ("services.sqlite", name)
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_postgresql_address_with_everything() -> None:
    entry = database("postgresql://on%65:p%40ss@db.example:5433/one?sslmode=require")
    assert (entry["NAME"], entry["USER"], entry["PASSWORD"]) == ("one", "one", "p@ss")
    assert (entry["HOST"], entry["PORT"], entry["OPTIONS"]["sslmode"]) == ("db.example", "5433", "require")


def test_a_postgresql_socket() -> None:
    entry = database("postgresql://one@/one?host=/run/postgresql")
    assert (entry["HOST"], entry["PORT"]) == ("/run/postgresql", "")


def test_any_other_database_is_refused() -> None:
    with pytest.raises(
        ImproperlyConfigured, match="DATABASE_URL starts with 'mysql'; write sqlite:///FILE or postgresql://"
    ):
        database("mysql://one@db/one")
