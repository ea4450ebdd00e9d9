"""Get it done and keep track: cases, requests, replies, documents, the record.

Read in this order: ``plan`` (what is handed down), ``states``, ``cases.open_case``, ``courier`` with ``claim`` and
``compose``, ``connectors``, ``settle`` with ``batch`` and ``release``, ``inbox``, ``retries``, ``sweep``. Beside them:
``sealing`` and ``audit`` (encryption and the hash chain), ``facts``, ``results`` (what pages read), ``simulator`` (the
simulated departments, a process of their own).
"""
