"""Contexts for training on relational data: seed rows and what surrounds them, as numpy arrays (docs/contexts.md).

>>> from plurel_sql.context import ContextSource, Contexts
>>> contexts = Contexts(ContextSource.open("retail-0"), length=1024)  # doctest: +SKIP
>>> batch = contexts.step(0, batch_size=32)  # doctest: +SKIP
"""

from plurel_sql.context.batch import ContextBatch
from plurel_sql.context.contexts import Contexts, Fill, Rules, Seeds
from plurel_sql.context.source import Column, ContextSource
from plurel_sql.context.task import Task

__all__ = ["Column", "ContextBatch", "ContextSource", "Contexts", "Fill", "Rules", "Seeds", "Task"]
