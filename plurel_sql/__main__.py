"""``python -m plurel_sql``: the command line."""

from plurel_sql.cli import main

main()
