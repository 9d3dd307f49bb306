"""Where batches come from: databases of several kinds, mixed by weight, each seen for a while.

A batch is a pure function of (seed, step, rank). A rank has so many *places*; each holds a database for
``steps_each`` steps, then another one, and the places change at different steps. Which database stands at a place in
its n-th period is drawn with (seed, place, n) alone, so a run can begin anywhere.
"""

from __future__ import annotations

import multiprocessing
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np

from plurel_sql.context import ContextBatch, Contexts, ContextSource, Rules, Task
from plurel_sql.errors import InputError, RunError
from plurel_sql.plan.model import Plan, decode
from plurel_training.arrange import Vocabulary, arranged, joined
from plurel_training.batch import Batch
from plurel_training.config import Corpus, DataConfig, Dataset, Virtual
from plurel_training.planning import TRIES, planned
from plurel_training.text import TextEncoder

TRAINING, VALIDATION = 0, 1
"""Two streams of databases that never meet; of a single dataset, two of rows."""
HELD_OUT = 20
LARGE = 1_000_000
"""Rows of a database beyond which it is not made."""


@dataclass(frozen=True)
class Drawn:
    """A database at a place for a while. ``number``: a virtual one's seed, or which of a corpus; ``name``: for people
    and logs."""

    source: Virtual | Corpus | Dataset
    number: int
    task: str | None
    seed: int
    name: str

    @property
    def group(self) -> str:
        """What losses are told apart by: a dataset and its task; of endless databases, where they come from."""
        if isinstance(self.source, Virtual):
            return self.source.schemas
        return Path(self.source.folder).name if isinstance(self.source, Corpus) else self.name


class Opened:
    """A database with its vocabulary, from which batches are drawn."""

    def __init__(
        self, drawn: Drawn, source: ContextSource, config: DataConfig, encoder: TextEncoder, folder: Path | None
    ) -> None:
        self.drawn, self.source, self._encoder = drawn, source, encoder
        self._contexts = Contexts(
            source,
            length=config.length,
            rules=Rules(config.max_width, config.published, config.fill),
            threads=config.threads,
            seed=drawn.seed % 2**63,
        )
        self._task = Task.open(folder, drawn.task, source) if drawn.task is not None and folder is not None else None
        # Rows that a real dataset keeps for validation and test are never seeds.
        self._until = source.val_timestamp if isinstance(drawn.source, Dataset) else None
        columns = [*source.columns, *(self._task.columns(source) if self._task else ())]
        texts = source.texts if folder is not None else None
        self._vocabulary = Vocabulary.of(columns, texts, encoder)
        self._masked = config.masked

    def batch(self, step: int, size: int) -> Batch:
        """``size`` sequences, by ``step``."""
        return arranged(self._holed(self._draw(step, size), step), self._vocabulary, self._encoder)

    def _holed(self, contexts: ContextBatch, step: int) -> ContextBatch:
        """With further targets, drawn evenly among the cells that pretraining may ask for."""
        if not self._masked:
            return contexts
        random = np.random.default_rng([self.drawn.seed, step])
        chosen = random.random(contexts.target.shape) < self._masked
        askable = np.isin(contexts.column, self.source.targets) & ~contexts.padding
        return replace(contexts, target=contexts.target | (chosen & askable))

    def _draw(self, step: int, size: int) -> ContextBatch:
        if self._task is not None:
            return self._contexts.task_step(self._task, step, size, split="train")
        return self._contexts.step(step, size, until=self._until)


class Mixture:
    """Batches from all sources. Use as a context manager: it has threads and processes that plan ahead.

    Args:
        stream: ``TRAINING`` or ``VALIDATION``.
    """

    def __init__(
        self,
        config: DataConfig,
        encoder: TextEncoder,
        *,
        seed: int,
        rank: int = 0,
        world: int = 1,
        stream: int = TRAINING,
    ) -> None:
        self._config, self._encoder, self._seed, self._stream = config, encoder, seed, stream
        self._places = [rank * config.databases + place for place in range(config.databases)]
        self._total = world * config.databases
        self._folders = [_folders(source, stream) for source in config.sources]
        self._weights = np.array([source.weight for source in config.sources]) / sum(s.weight for s in config.sources)
        self._open: OrderedDict[Drawn, Future[Opened]] = OrderedDict()
        self._threads = ThreadPoolExecutor(max(1, config.workers), thread_name_prefix="open")
        virtual = any(isinstance(source, Virtual) for source in config.sources)
        self._planners: ProcessPoolExecutor | None = None
        if virtual and config.workers:
            self._planners = ProcessPoolExecutor(config.workers, multiprocessing.get_context("spawn"))

    def __enter__(self) -> Mixture:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._planners is not None:
            self._planners.shutdown(wait=False, cancel_futures=True)

    def batch(self, step: int, size: int, part: int = 0, parts: int = 1) -> tuple[Batch, tuple[Drawn, ...]]:
        """One of the ``parts`` that this rank's share of a step is computed in; its databases, which have equally many
        sequences, one after another."""
        here = [self.drawn(place, step) for place in self._places]
        opened = [self._opened(drawn) for drawn in here]
        for place in self._places:  # the next ones are made meanwhile
            self._opened(self.drawn(place, step + self._config.steps_each))
        while len(self._open) > 3 * len(self._places):
            self._open.popitem(last=False)
        each = size // len(self._places)
        batch = joined([found.result().batch(step * parts + part, each) for found in opened])
        return batch, tuple(here)

    def drawn(self, place: int, step: int) -> Drawn:
        """What stands at a place at a step."""
        lead = place * self._config.steps_each // self._total
        return self.number(place, (step + lead) // self._config.steps_each)

    def number(self, place: int, period: int) -> Drawn:
        """What stands at a place in a period."""
        random = np.random.default_rng([self._seed, self._stream, place, period])
        index = int(random.choice(len(self._weights), p=self._weights))
        source, folders = self._config.sources[index], self._folders[index]
        number, seed, coin = int(random.integers(2**62)), int(random.integers(2**62)), random.random()
        task = None
        if isinstance(source, Virtual):
            return Drawn(source, number, None, seed, f"{source.schemas}#{number}")
        number %= len(folders)
        if isinstance(source, Dataset) and source.tasks and coin < 0.5:
            task = source.tasks[int(random.integers(len(source.tasks)))]
        name = folders[number].name + (f"/{task}" if task else "")
        return Drawn(source, number, task, seed, name)

    def open(self, drawn: Drawn) -> Opened:
        """The database itself."""
        return self._opened(drawn).result()

    def _opened(self, drawn: Drawn) -> Future[Opened]:
        if drawn not in self._open:
            self._open[drawn] = self._threads.submit(self._make, drawn)
        self._open.move_to_end(drawn)
        return self._open[drawn]

    def _make(self, drawn: Drawn) -> Opened:
        if isinstance(drawn.source, Virtual):
            return Opened(drawn, self._virtual(drawn.source, drawn.number), self._config, self._encoder, None)
        folder = self._folders[self._config.sources.index(drawn.source)][drawn.number]
        plan_file = folder / "plan.json"
        if plan_file.exists():
            source = planned_source(decode(plan_file.read_bytes()))
            return Opened(drawn, source, self._config, self._encoder, None)
        return Opened(drawn, ContextSource.open(folder), self._config, self._encoder, folder)

    def _virtual(self, source: Virtual, number: int) -> ContextSource:
        """One that can be made and has something to predict: small schemas may hold keys and texts alone."""
        why = "nothing to predict"
        for attempt in range(TRIES):
            seed = number + TRIES * attempt
            if self._planners is None:
                plan = planned(source, seed)
            else:
                plan = self._planners.submit(planned, source, seed).result()
            try:
                found = planned_source(decode(plan))
            except RunError as error:
                why = str(error)
                continue
            if found.targets:
                return found
        raise RunError(f"{TRIES} databases in a row can't be used: {why}", place=source.schemas)


def planned_source(plan: Plan) -> ContextSource:
    """The database of a plan: made in memory, or never where that would take long. Contexts are the same."""
    if sum(table.rows for table in plan.tables) > LARGE:
        with suppress(InputError):  # what is known only when all rows are made
            return ContextSource.virtual(plan)
    return ContextSource.of_plan(plan)


def _folders(source: Virtual | Corpus | Dataset, stream: int) -> Sequence[Path]:
    """The databases on disk; of a corpus one in ``HELD_OUT`` is for validation alone, and at least one.

    Raises:
        InputError: there is none.
    """
    if isinstance(source, Virtual):
        return ()
    folder = Path(source.folder)
    if isinstance(source, Dataset):
        check_dataset(folder)
        return (folder,)
    is_one: Callable[[Path], bool] = lambda each: (each / "manifest.yaml").exists() or (each / "plan.json").exists()  # noqa: E731
    found = sorted(each for each in folder.iterdir() if is_one(each)) if folder.is_dir() else []
    if not found:
        raise InputError("holds no databases", place=source.folder, hint="make some: plurel-sql corpus --out FOLDER")
    held = max(1, len(found) // HELD_OUT)
    if len(found) == 1:
        return found
    return found[-held:] if stream == VALIDATION else found[:-held]


def check_dataset(folder: Path) -> None:
    """Raises InputError where ``folder`` is no relbench dataset."""
    if not (folder / "manifest.yaml").is_file() or not (folder / "db").is_dir():
        raise InputError(
            "is no relbench dataset", place=str(folder), hint="a folder with manifest.yaml and db/*.parquet is expected"
        )
