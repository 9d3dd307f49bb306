"""relbench datasets that make themselves in memory (``pip install 'plurel-sql[relbench]'``)."""

from plurel_sql.plan.params import Choices, DAGParams, DatabaseParams, SCMParams
from plurel_sql.relbench.dataset import PlanDataset, SchemaDataset
from plurel_sql.relbench.synthetic import Config, SyntheticDataset

__all__ = [
    "Choices",
    "Config",
    "DAGParams",
    "DatabaseParams",
    "PlanDataset",
    "SCMParams",
    "SchemaDataset",
    "SyntheticDataset",
]
