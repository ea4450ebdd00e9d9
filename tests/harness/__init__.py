"""The fault harness: `python -m tests.harness` breaks a whole running system and lets the departments' ledger judge."""
