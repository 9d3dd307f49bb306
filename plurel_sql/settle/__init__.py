"""Pending CHECKs of a fitted plan -> retries, or notes."""

from plurel_sql.settle.arcs import with_arcs
from plurel_sql.settle.settle import settled

__all__ = ["settled", "with_arcs"]
