"""What does this life event call for? Elements, bundles, ``expand``, applications.

Read in this order: ``definition`` (a published version), ``expansion.expand`` and what it returns (``derived``),
``forms``, ``applications`` (from start to sent), ``publishing`` with ``reading`` (YAML) and ``lints``.
The catalogue itself is in ``catalogue/*.yaml``.
"""
