"""Tasks for a relbench folder: proposed from what the tables are, measured, and kept if they are worth it.

    tables --facts, paths, windows--> candidates --labels, leaks, difficulty--> kept or dropped

``make`` is the door. What is asked hangs on values, links and times; names only label.
"""

from plurel_sql.tasks.make import Made, make

__all__ = ["Made", "make"]
