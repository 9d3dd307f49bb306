"""Texts as the planner imagines them: examples to test a pattern on, and the longest a format can get."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random

from plurel_sql.plan.model import Cell, Chars, Groups, Lit, Num, Prose, Segment, Serial, Vocab

Lists = Callable[[str], Sequence[str]]
_CELL = ("Ann", "O'Neil", "van Dyke", "Maria-Luisa")


def examples(parts: Sequence[Segment], lists: Lists, count: int = 60) -> Iterable[str]:
    """``count`` texts of the format; other columns' cells stand in as a few awkward names."""
    random = Random(7)
    for _ in range(count):
        yield "".join(_one(part, lists, random) for part in parts)


def _one(part: Segment, lists: Lists, random: Random) -> str:
    match part:
        case Lit(text=text):
            return text
        case Vocab(list=name):
            return random.choice(lists(name))
        case Chars(alphabet=alphabet, count=count):
            return "".join(random.choice(alphabet) for _ in range(count))
        case Serial():
            return "".join(random.choice(part.alphabet) for _ in range(part.width))
        case Num(low=low, high=high, width=width):
            return str(random.randint(low, high)).zfill(width)
        case Groups(mark=mark, count=count):
            return mark.join("1" * count)
        case Cell(form=form):
            name = random.choice(_CELL)
            if form == "slug":
                return name.lower().replace("'", "-").replace(" ", "-")
            return {"lower": name.lower(), "upper": name.upper(), "initial": name[0]}.get(form, name)
        case Prose():
            words = [random.choice(lists(part.common)) for _ in range(random.randint(part.low, part.high))]
            return " ".join(words).title() if part.title else " ".join(words).capitalize() + "."


def longest(parts: Sequence[Segment], lists: Lists, cells: Callable[[str], int]) -> int:
    """The greatest length of a text of the format; ``cells`` gives that of another column."""
    total = 0
    for part in parts:
        match part:
            case Lit(text=text):
                total += len(text)
            case Vocab(list=name):
                total += max(map(len, lists(name)), default=0)
            case Chars(count=count):
                total += count
            case Serial(width=width):
                total += width
            case Num(high=high, width=width):
                total += max(len(str(high)), width)
            case Groups(count=count, base=base, mark=mark, width=width):
                total += count * max(width, len(str(base - 1))) + (count - 1) * len(mark)
            case Cell(column=column, form=form):
                total += 1 if form == "initial" else cells(column)
            case Prose(high=high):
                total += 9 * high
    return total
