"""CHECKs judged on rows by DuckDB, and rows that fail made again."""
