"""Databases by the thousand: where their schemas come from, each a pure function of its seed.

``layouts`` are random graphs of tables, ``published`` the schemas of the published prior, ``realistic`` random ones
with the shapes of real schemas, ``real`` real ones of which a ``part`` is taken, mutated (``mutate``) and renamed
(``rename``), and ``sources`` the words a person writes for them.
"""
