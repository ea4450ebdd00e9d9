"""What ./run does, in standard-library Python.

Read in this order: door (the words), demo (start, file a case, stay), packages (.venv), surroundings (secrets,
environment, ports), portal_setup (database, catalogue, people), servers and children (processes), checks (./run test).
"""
