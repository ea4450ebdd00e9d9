"""The simulated departments and registers: a process of its own, and the judge of what was really done.

It imports nothing of the portal; only the department protocol, the catalogue files and a secret are shared.
Read in this order: ``wire`` (HTTP/1.1 over asyncio) → ``application`` (which path goes where) → ``intake`` (what a
POST may do) → ``desk`` (works, answers, callbacks) → ``ledger`` and ``journal`` (what happened, kept over restarts).
Around them: ``catalogue`` (services by delivery class and behaviour), ``outputs`` (what is granted), ``testvalues``
(test:refuse and friends, listed in docs/test-values.md), ``faults`` (rates), ``callbacks`` (signed callbacks),
``registers`` with ``people.yaml``, ``officer`` (the page of a person who decides), ``control`` (for tests).
"""
