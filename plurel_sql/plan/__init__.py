"""Schema + configuration + seed -> Plan.

``plurel_sql.plan(...)`` is a verb of the API too. Python binds a subpackage to its name in the parent as soon as any
module of it is imported, so this package is callable and hands the call on.
"""

import importlib
import sys
from types import ModuleType
from typing import Any


class _Verb(ModuleType):
    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return importlib.import_module("plurel_sql.api").plan(*args, **keywords)


sys.modules[__name__].__class__ = _Verb
