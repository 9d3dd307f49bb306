"""Masked cells of databases that a model never saw, column by column, beside trees fitted on the same rows.

For each column the model sees contexts of rows drawn anew and nothing of the column's other labels but what stands in
them; trees are fitted on the labels of other rows, with the row's own cells and those of the rows it refers to as
features. The best constant has AUROC 0.5 and R2 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import r2_score, roc_auc_score

from plurel_sql.context import ContextBatch, Contexts, ContextSource, Rules
from plurel_sql.errors import RunError
from plurel_training.arrange import Vocabulary, arranged
from plurel_training.batch import BOOLEAN, TEXT
from plurel_training.model import RelationalTransformer
from plurel_training.text import TextEncoder

Floats = npt.NDArray[np.float64]

FEWEST = 64
"""Rows for trees to learn from: of a smaller table every row is judged, and its columns are left out."""


@dataclass(frozen=True)
class Column:
    """Scores on one column: AUROC of a boolean, R2 of a number."""

    database: str
    name: str
    boolean: bool
    model: float
    trees: float


def held_out(
    models: dict[str, RelationalTransformer],
    source: ContextSource,
    encoder: TextEncoder,
    *,
    name: str,
    length: int,
    rules: Rules,
    columns: int = 8,
    judged: int = 128,
    fitted: int = 512,
    seed: int = 0,
) -> dict[str, list[Column]]:
    """Scores of each model on up to ``columns`` of the source's targets, drawn evenly.

    Args:
        judged: rows that are predicted.
        fitted: rows that the trees learn from, none of them judged.
    """
    contexts = Contexts(source, length, rules, seed=seed)
    vocabulary = Vocabulary.of(source.columns, source.texts or None, encoder)
    random = np.random.default_rng(seed)
    targets = random.permutation(np.array(source.targets))[:columns]
    found: dict[str, list[Column]] = {each: [] for each in models}
    for target in (int(each) for each in targets):
        try:
            rows, learned = contexts.step(0, judged, [target]), contexts.step(1, 2 * fitted, [target])
        except RunError:  # hardly any row has a value
            continue
        apart = np.flatnonzero(~np.isin(learned.origin[:, 0, 1], rows.origin[:, 0, 1]))[:fitted]
        truth = rows.value[:, 0].astype(np.float64)
        boolean = bool(rows.type[0, 0] == BOOLEAN)
        if truth.min() == truth.max() or len(apart) < FEWEST:
            continue
        trees = _score(boolean, truth, _trees(boolean, learned, apart, rows))
        column = source.columns[target]
        for each, model in models.items():
            answer = _answer(model, rows, vocabulary, encoder, boolean)
            found[each].append(
                Column(name, f"{column.table}.{column.name}", boolean, _score(boolean, truth, answer), trees)
            )
    return found


def _answer(
    model: RelationalTransformer, rows: ContextBatch, vocabulary: Vocabulary, encoder: TextEncoder, boolean: bool
) -> Floats:
    head = "boolean" if boolean and not model.config.huber_only else "number"
    model.eval()
    with torch.no_grad():
        output = model(arranged(rows, vocabulary, encoder), texts=False)
    return np.asarray(output.predicted[head][:, 0, 0].double())


def _score(boolean: bool, truth: Floats, answer: Floats) -> float:
    return float(roc_auc_score(truth, answer) if boolean else r2_score(truth, answer))


def _trees(boolean: bool, learned: ContextBatch, chosen: npt.NDArray[np.intp], rows: ContextBatch) -> Floats:
    """What trees answer; the constant where labels or features don't vary."""
    label = learned.value[chosen, 0].astype(np.float64)
    features, asked = _features(learned), _features(rows)
    shared = sorted(key for key in features if key in asked)
    if not shared or label.min() == label.max():
        return np.full(len(rows.value), label.mean())
    seen = np.column_stack([features[key][chosen] for key in shared])
    given = np.column_stack([asked[key] for key in shared])
    told = ~np.isnan(seen).all(axis=0)
    if not told.any():
        return np.full(len(rows.value), label.mean())
    kind = HistGradientBoostingClassifier if boolean else HistGradientBoostingRegressor
    model = kind(max_iter=60, max_leaf_nodes=8, min_samples_leaf=10, random_state=0).fit(seen[:, told], label)
    if boolean:
        return np.asarray(model.predict_proba(given[:, told])[:, 1])
    return np.asarray(model.predict(given[:, told]))


def _features(rows: ContextBatch) -> dict[tuple[int, int], Floats]:
    """By (which foreign key, or -1 for the row itself; column): the values of the seed's row and of its parents."""
    count = len(rows.value)
    found: dict[tuple[int, int], Floats] = {}
    shown = ~rows.padding & ~rows.target & (rows.type != TEXT)
    for way in range(-1, rows.parents.shape[2]):
        wished = rows.row[:, :1] if way < 0 else rows.parents[:, 0, way, None]
        mine = shown & (rows.row == wished) & (wished >= 0)
        for b, s in np.argwhere(mine):
            key = (way, int(rows.column[b, s]))
            found.setdefault(key, np.full(count, np.nan))[b] = rows.value[b, s]
    return found
