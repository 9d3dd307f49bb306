"""A database that is there, as a relbench dataset: its rows, its keys, and what its data say about time."""

from plurel_sql.importing.dataset import import_dataset

__all__ = ["import_dataset"]
