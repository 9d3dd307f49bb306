"""Mechanisms and latents, read as files by code that shares nothing with the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from plurel_sql import synthesize

ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "celu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: np.where(x > 0, 1.050701 * x, 1.7580993 * np.expm1(np.minimum(x, 0))),
    "silu": lambda x: x * sigmoid(x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "sigmoid": lambda x: sigmoid(x),
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(0.7978846 * (x + 0.044715 * x**3))),
    "softplus": lambda x: np.logaddexp(0, x),
    "hardsigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hardtanh": lambda x: np.clip(x, -1, 1),
    "clip": lambda x: np.clip(x, -1, 1),
    "tanhshrink": lambda x: x - np.tanh(x),
    "rrelu": lambda x: np.where(x > 0, x, 0.22916667 * x),
    "logsigmoid": lambda x: -np.logaddexp(0, -x),
    "softshrink": lambda x: x - np.clip(x, -0.5, 0.5),
    "hardshrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "identity": lambda x: x,
    "abs": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "sign": np.sign,
    "signed_log": lambda x: np.sign(x) * np.log1p(np.abs(x)),
    "bent_identity": lambda x: (np.sqrt(x**2 + 1) - 1) / 2 + x,
}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(x / 2))


def embed(encoder: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """Rows x width."""
    knots, table = np.array(encoder["knots"]), np.array(encoder["embedding"])
    made = np.stack([np.interp(x, knots, entry) for entry in table.T], axis=1)
    return np.where(np.isnan(x)[:, None], np.array(encoder["absent"]), made)


def scaled(scale: dict[str, float], x: np.ndarray) -> np.ndarray:
    clipped = np.clip(x, scale["low"], scale["high"]) - scale["mean"]
    return clipped / scale["std"] if scale["std"] > 0 else np.zeros_like(x)


def signal(mechanism: dict[str, Any], inputs: list[tuple[dict[str, Any], np.ndarray]]) -> np.ndarray:
    """A node's latent before its noise, from its inputs: each with its encoder."""
    cause = mechanism["cause"]
    parts = [w * embed(encoder, x) for w, (encoder, x) in zip(cause["weights"], inputs, strict=True)]
    join = {"sum": np.sum, "max": np.max, "product": np.prod, "log_sum_exp": np.logaddexp.reduce}
    h = join[cause["aggregation"]](np.array(parts), axis=0)
    for layer in cause["decoder"]:
        h = h @ np.array(layer["weights"]).T + np.array(layer["bias"])
        if layer["activation"] is not None:
            x = h * layer["activation"]["scale"]
            if layer["activation"]["kind"] == "sines":
                h = sum(a * np.sin(f * x + p) for a, f, p in layer["activation"]["waves"])
            else:
                h = ACTIVATIONS[layer["activation"]["kind"]](x)
    fit, skip = mechanism["fit"], cause["skip"]
    out = scaled(fit["decoded"], h[:, 0])
    out = out * np.sqrt(1 - skip**2) if fit["decoded"]["std"] > 0 else out * 0
    for weight, (_, x) in zip(cause["weights"], inputs, strict=True):
        out = out + skip * weight * np.nan_to_num(x)
    return scaled(fit["signal"], out)


@pytest.mark.parametrize("schema", ["retail", "tracker"])
def test_latents_follow_from_the_files(schema: str, tmp_path: Path) -> None:
    """What is left of a latent when its mechanism is taken away is the noise that the file says."""
    database = synthesize(schema, rows=12_000, seed=5)
    database.truth().write(tmp_path / "truth")
    head = json.loads((tmp_path / "truth" / "truth.json").read_text())
    folders = {table["name"]: tmp_path / "truth" / "tables" / table["stem"] for table in head["tables"]}
    rows = {name: pq.read_table(folder / "latents.parquet").to_pandas() for name, folder in folders.items()}
    judged = 0
    for table, folder in folders.items():
        told = json.loads((folder / "mechanisms.json").read_text())
        encoders = {each["name"]: each["encoder"] for each in told["latents"]}
        foreign = {each["input"]: each for each in told["inputs"]}
        parents = {link["name"]: link["parent"] for link in told["links"]}
        own = rows[table]

        def value(
            name: str, local: bool, own: Any = own, table: str = table, told: Any = (encoders, foreign, parents)
        ) -> tuple[dict[str, Any], np.ndarray]:
            encoders, foreign, parents = told
            if local:
                return encoders[name], own[f"latent:{name}"].to_numpy(float)
            read = foreign[name]
            if read["node"] == "*":
                return read["encoder"], own[f"trait:{read['link']}"].to_numpy(float)
            row = own[f"parent:{read['link']}"]
            above = rows[parents[read["link"]]][f"latent:{read['node']}"].to_numpy(float)
            found = np.where(row.isna(), np.nan, above[row.fillna(0).to_numpy(int)])
            return read["encoder"], found

        itself = {link for link, parent in parents.items() if parent == table}
        for node in told["latents"]:
            cause = node["cause"]
            # A self reference reads its parent row as it would be without a parent of its own.
            if cause["kind"] == "source" or any(name.rsplit(".", 1)[0] in itself for name in node["inputs"]):
                continue
            inputs = [value(name, k < cause["local"]) for k, name in enumerate(node["inputs"])]
            share = cause["noise"]["share"]
            noise = own[f"latent:{node['name']}"] - np.sqrt(1 - share) * signal(node, inputs)
            noise = noise.to_numpy() / np.sqrt(share)
            n = len(noise)
            assert abs(noise.mean()) < 4.5 / np.sqrt(n), (table, node["name"])
            assert abs((noise**2).mean() - 1) < 4.5 * np.sqrt(2 / n), (table, node["name"])
            judged += 1
    assert judged > 15


def test_latents_are_addressed_like_cells() -> None:
    one, many = synthesize("clinic", rows=9000, threads=1), synthesize("clinic", rows=9000, threads=3)
    for table in one.plan.tables:
        whole = one.truth().latents(table.name).read_all()
        assert whole.equals(many.truth().latents(table.name).read_all())
        assert whole["row"].to_pylist() == list(range(table.rows))
        middle = many._sampler.latents(table.name, table.rows // 3, table.rows // 2)
        assert whole.slice(table.rows // 3, middle.num_rows).combine_chunks().to_batches() == [middle]
        for k, link in enumerate(table.links):
            if f"parent:{link.name}" in whole.column_names:
                assert whole[f"parent:{link.name}"].combine_chunks() == one._sampler.parents(table.name, k)


def test_children_of_one_parent_share_its_trait() -> None:
    rows = synthesize("retail", rows=9000).truth().latents("order_item").read_all().to_pandas()
    link = "order_id->orders(order_id)"
    assert (rows.groupby(f"parent:{link}")[f"trait:{link}"].nunique() == 1).all()
    assert rows[f"trait:{link}"].nunique() > 1000
