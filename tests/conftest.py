"""Fixtures every test may use are in tests/fixtures.py; the environment is set by tests/environment.py."""

pytest_plugins = ["tests.fixtures"]
