"""How many rows refer to a row hangs together with what stands in it."""

from __future__ import annotations

from statistics import median

from plurel_sql import synthesize

SCHEMA = """
CREATE TABLE author (
    id INT PRIMARY KEY, age INT NOT NULL, height DOUBLE NOT NULL, awards INT NOT NULL, score DOUBLE NOT NULL
);
CREATE TABLE book (id INT PRIMARY KEY, author_id INT NOT NULL REFERENCES author (id), pages INT);
"""


def test_children_are_told_by_columns() -> None:
    strongest = []
    for seed in range(9):
        database = synthesize(SCHEMA, rows=20_000, seed=seed)
        authors, books = (database[name].pandas() for name in ("author", "book"))
        counts = books.author_id.value_counts().reindex(authors.id, fill_value=0).reset_index(drop=True)
        told = authors[["age", "height", "awards", "score"]].corrwith(counts, method="spearman")
        strongest.append(float(told.abs().max()))
    assert len(authors) > 500
    assert median(strongest) > 0.2, strongest
