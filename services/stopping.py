"""One byte that a worker's main process and its pool children share: set, couriers finish and take nothing new."""

from __future__ import annotations

import mmap

# Made when the module is loaded, before the pool forks, so that all processes of a worker see the same page.
_shared = mmap.mmap(-1, 1)


def request_stop() -> None:
    _shared[0] = 1


def stop_requested() -> bool:
    return bool(_shared[0])
