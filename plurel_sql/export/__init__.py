"""A filled database as a relbench dataset: which table becomes which, the rows, and the folder.

``design`` decides (pure), ``convert`` makes the tables in DuckDB, ``folder`` writes them. The same way for rows that a
plan makes and for a database that is there.
"""
