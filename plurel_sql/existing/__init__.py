"""Filling tables that are there already: which, with what keys, beside which rows (docs/decisions/0010)."""

from plurel_sql.existing.fill import additions
from plurel_sql.existing.live import opened, shown, url_of
from plurel_sql.existing.source import Additions

__all__ = ["Additions", "additions", "opened", "shown", "url_of"]
