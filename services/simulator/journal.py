"""What happened, as JSON lines in a file, so that a restarted simulator remembers. Appended before an answer leaves."""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

import orjson

Event = dict[str, Any]


class Journal:
    """An append-only file of events; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: FileIO | None = None

    @property
    def keeps(self) -> bool:
        """Say whether events are kept at all."""
        return self._path is not None

    def replay(self) -> Iterator[Event]:
        """Yield every event kept, drop a last line that a crash cut short, then open the file for appending."""
        if self._path is None:
            return
        self._path.touch()
        whole = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                yield orjson.loads(line)
                whole += len(line)
        self._file = FileIO(self._path, "r+")
        self._file.truncate(whole)
        self._file.seek(whole)

    def write(self, event: Event) -> None:
        """Append one event; unbuffered, so that it survives a kill of this process."""
        if self._file is not None:
            self._file.write(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))

    def clear(self) -> None:
        """Forget everything kept."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.seek(0)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
