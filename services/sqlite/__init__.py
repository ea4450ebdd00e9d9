"""Django's SQLite backend without its 999-parameter limit, so that a bulk insert is one statement."""
