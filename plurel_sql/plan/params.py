"""The parameters of the published prior over databases (PluRel, arXiv 2602.04029): same names, same defaults, same
meaning as in its package, so that a configuration written for it can be used here.

What the package holds as functions (initialisations, activations) has a name here; column kinds are "numerical" and
"categorical".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from plurel_sql.errors import ConfigError

Kind = Literal["range", "set"]


class Choices(msgspec.Struct, frozen=True):
    """What a parameter is drawn from: "range" uniformly between two numbers (both inclusive for whole ones), "set" one
    of the listed values.

    Raises:
        ConfigError: another kind, a range without two numbers, or nothing to choose from.
    """

    kind: Kind
    value: tuple[Any, ...]

    def __post_init__(self) -> None:
        value = tuple(self.value) if isinstance(self.value, Iterable) and not isinstance(self.value, str) else ()
        msgspec.structs.force_setattr(self, "value", tuple(map(_plain, value)))
        if self.kind not in ("range", "set"):
            raise ConfigError(f"{self.kind!r} is no kind of choices", place="Choices", hint='"range" or "set"')
        if not value:
            raise ConfigError("nothing to choose from", place="Choices", hint="a list of values is expected")
        if self.kind == "range" and not (len(value) == 2 and all(_number(x) for x in value) and value[0] <= value[1]):
            raise ConfigError(f"{list(value)} is no range", place="Choices", hint="two numbers, the smaller one first")


def _plain(value: Any) -> Any:
    """Enumerations by their value, functions by their name: ``kaiming_normal_`` is "kaiming_normal"."""
    if isinstance(value, bool | int | float | str):
        return value
    name = getattr(value, "value", None) or getattr(value, "__name__", None)
    if hasattr(value, "item"):
        return value.item()
    if not isinstance(name, str) or name == "<lambda>":
        raise ConfigError(f"{value!r} has no name", place="Choices", hint="give the name of what it stands for")
    return name.strip("_")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _range(low: float, high: float) -> Choices:
    return Choices("range", (low, high))


def _set(*values: Any) -> Choices:
    return Choices("set", values)


class DatabaseParams(msgspec.Struct, frozen=True, kw_only=True):
    """The database as a whole. ``min_timestamp`` and ``max_timestamp`` bound the two random days of its span."""

    table_layout_choices: Choices = _set("BarabasiAlbert", "ReverseRandomTree", "WattsStrogatz")
    num_tables_choices: Choices = _range(3, 20)
    num_rows_entity_table_choices: Choices = _range(500, 1000)
    num_rows_activity_table_choices: Choices = _range(2000, 5000)
    num_cols_choices: Choices = _range(3, 40)
    min_timestamp: date = date(1990, 1, 1)
    max_timestamp: date = date(2025, 1, 1)
    column_nan_perc_choices: Choices = _range(0.01, 0.1)
    col_transform_choices: Choices = _set("identity", "rank_uniform", "log", "sqrt", "standardize")

    def __post_init__(self) -> None:
        for name in ("min_timestamp", "max_timestamp"):
            value: Any = getattr(self, name)
            day = value.date() if isinstance(value, datetime) else value
            msgspec.structs.force_setattr(self, name, date.fromisoformat(day) if isinstance(day, str) else day)
        if (self.max_timestamp - self.min_timestamp).days < 2:
            raise ConfigError("leaves no two days to choose", place="DatabaseParams.max_timestamp")


INITIALIZATIONS = ("kaiming_normal", "kaiming_uniform", "xavier_normal", "xavier_uniform", "trunc_normal", "sparse")
ACTIVATIONS = (
    "relu", "elu", "selu", "silu", "softsign", "tanh", "sigmoid", "hardswish", "mish", "leaky_relu", "gelu", "softplus",
    "hardsigmoid", "hardtanh", "celu", "tanhshrink", "rrelu", "logsigmoid", "softshrink", "hardshrink", "identity",
    "abs", "sin", "cos", "sign", "clip", "signed_log", "bent_identity", "sines",
)  # fmt: skip


class SCMParams(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The structural causal model of each table, its keys among them (``bi_hsbm_...``)."""

    scm_layout_choices: Choices = _set(
        "ErdosRenyi", "BarabasiAlbert", "RandomTree", "ReverseRandomTree", "Layered", "WattsStrogatz", "RandomCauchy"
    )
    scm_col_node_perc_choices: Choices = _range(0.3, 0.9)
    num_categories_choices: Choices = _range(2, 10)
    col_stype_choices: Choices = _set("categorical", "numerical")
    initialization_choices: Choices = _set(*INITIALIZATIONS)
    activation_choices: Choices = _set(*ACTIVATIONS)
    node_noise_alpha_choices: Choices = _range(0.5, 5.0)
    node_noise_beta_choices: Choices = _range(0.5, 5.0)

    bi_hsbm_levels_choices: Choices = _range(1, 5)
    bi_hsbm_clusters_per_level_choices: Choices = _range(1, 3)

    ts_trend_alpha_choices: Choices = _range(0.0, 2.0)
    activity_table_ts_trend_scale_choices: Choices = _set(-1, 1)
    entity_table_ts_trend_scale: float = 0.0
    ts_cycle_freq_perc_choices: Choices = _set(*(k / 10 for k in range(1, 11)))
    activity_table_ts_cycle_scale_choices: Choices = _set(-1, 1)
    entity_table_ts_cycle_scale: float = 0.0
    activity_table_ts_noise_scale: float = 0.05
    entity_table_ts_noise_scale: float = 1.0
    ts_ar_rho_choices: Choices = _range(0.0, 0.9)
    ts_value_scale_choices: Choices = _set(0.01, 0.1, 1, 10, 100)

    propagation_agg_choices: Choices = _set("sum", "max", "product", "logexp")
    mlp_emb_dim: int = 32
    mlp_num_layers_choices: Choices = _range(2, 4)
    mlp_weight_density_choices: Choices = _range(0.3, 1.0)
    source_gen_type_choices: Choices = _set("ts", "uniform", "gaussian", "beta", "mixed")
    source_beta_alpha_choices: Choices = _range(0.5, 5.0)
    source_beta_beta_choices: Choices = _range(0.5, 5.0)
    propagation_mode_choices: Choices = _set("type_eager", "type_lazy")
    cat_label_permute_prob_choices: Choices = _range(0.3, 1.0)
    cat_label_reverse_prob_choices: Choices = _range(0.2, 0.8)
    propagate_batch_size: int = 4096  # there for memory; here no value hangs on it


class DAGParams(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Random graphs: of tables, and of the nodes of a causal model."""

    ba_sink_edge_dropout: float = 0.4
    ba_m: int = 2
    er_p_choices: Choices = _range(0.3, 0.8)
    ws_rewire_p_choices: Choices = _range(0.1, 0.3)
    layered_depth_choices: Choices = _range(2, 8)
    layered_edge_dropout_p: float = 0.1
    edge_weight_dist_choices: Choices = _set("gaussian", "lognormal", "cauchy", "uniform")


class Params(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    database: DatabaseParams = DatabaseParams()
    scm: SCMParams = SCMParams()
    dag: DAGParams = DAGParams()
