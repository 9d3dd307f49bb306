"""Notes of a kind stand together where they are many; none is lost."""

from plurel_sql.report.notes import FEW, section
from plurel_sql.schema.model import Note, Source


def _key(k: int) -> Note:
    reason = f'incompatible types between column "id{k}" and column "x{k}"'
    return Note(
        f"foreign key x{k}->p(id) is not declared: Failed to create foreign key: {reason}", f"t{k}", Source("a.sql", k)
    )


def test_few_are_shown_in_full():
    notes = [_key(k) for k in range(FEW)]
    assert [str(line) for line in section("Notes", notes)] == [f"Notes ({FEW}):", *(f"  {note}" for note in notes)]
    assert section("Notes", []) == []


def test_many_are_shown_by_kind():
    checks = [Note(f"CHECK (f(c{k}) > (1 + 2)) is not guaranteed (why); it is left out", f"c.{k}") for k in range(30)]
    odd = Note("duplicate table", "odd", Source("a.sql", 99))
    lines = [str(line) for line in section("Notes", [*map(_key, range(20)), odd, *checks])]
    assert lines[0] == "Notes (51):"
    assert len(lines) == 4
    assert lines[1].startswith("  30 x CHECK is not guaranteed: c.0, c.1, ")
    assert lines[2].startswith(
        "  20 x foreign key ... is not declared (incompatible types between column): t0 (line 0), "
    )
    assert all(f"t{k} (line {k})" in lines[2] for k in range(20))
    assert lines[3] == f"  {odd}"
