//! Contexts for Python: arrays go in and come out as buffers, never as an object per row.

use super::{PyDatabase, free, numbers, record_batch};
use crate::context::batch::{self, Batch, Form};
use crate::context::labels::{Asked, Labelled, Labels};
use crate::context::laws::{Lawful, Laws};
use crate::context::seeds::{Draw, Seed};
use crate::context::stored::{Given, Stored};
use crate::context::unmade::{self, Unmade, Wanted, When};
use crate::context::{Column, Fill, Kind, Nanos, Node, Rules, Source};
use crate::error::{Error, Result};
use crate::rng::Key;
use arrow_buffer::ToByteSlice;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict};
use std::sync::Arc;

/// A table as Python has it: name, how many rows, the rows, whether the first column is its time, the tables that its links lead to, and
/// number and kind of each column with cells.
type GivenTable<'py> = (String, usize, Bound<'py, PyAny>, bool, Vec<usize>, Vec<(i32, i8)>);

/// A table whose rows are a plan's: its name there, and which of its links each link is.
type LawfulTable = (String, Vec<Option<usize>>);

/// A table of a plan as Python has it, see `context::unmade::Given`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct PlannedTable {
    name: String,
    planned: String,
    /// The column that is its time, and the links that lend it theirs: at most one of the two.
    time: Option<String>,
    lenders: Vec<usize>,
    links: Vec<(usize, usize)>,
    /// Number, kind, planned column, mean and deviation.
    columns: Vec<(i32, i8, Option<String>, f64, f64)>,
    fullness: f64,
}

/// A database that contexts are drawn from.
#[pyclass(frozen, module = "plurel_sql._sampler", name = "ContextSource")]
pub struct PySource(Arc<dyn Source>);

/// A task's rows over a source.
#[pyclass(frozen, module = "plurel_sql._sampler", name = "ContextTask")]
pub struct PyTask(Arc<Labels>);

/// What is the same for all batches.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    length: usize,
    width: usize,
    max_width: u64,
    published: bool,
    /// 0: nothing, 1: rows, 2: neighbourhoods.
    fill: u8,
    threads: usize,
    leaks: Vec<i32>,
}

/// Which part of which step; see `context::seeds::Draw`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Part {
    seed: u64,
    step: u64,
    first: u64,
    count: u64,
    until: Nanos,
}

impl From<Settings> for Form {
    fn from(given: Settings) -> Self {
        let Settings { length, width, max_width, published, fill: code, leaks, .. } = given;
        let fill = match code {
            0 => Fill::Nothing,
            1 => Fill::Rows,
            _ => Fill::Neighbourhoods,
        };
        let threads = crate::database::threads_of(given.threads);
        Self { length, width, rules: Rules { max_width, published, fill }, leaks, threads }
    }
}

impl Part {
    fn draw(&self, targets: Vec<i32>) -> Draw {
        let Self { seed, step, first, count, until } = *self;
        Draw { seed, step, first, count, targets, until }
    }
}

#[pymethods]
impl PySource {
    /// A database in memory (see `context::stored::Given`); `plan` where it is that of a plan: the plan opened, and of
    /// each table its name there and which of its links each link is.
    #[staticmethod]
    #[pyo3(signature = (tables, plan = None))]
    fn stored(
        py: Python<'_>,
        tables: Vec<GivenTable<'_>>,
        plan: Option<(Bound<'_, PyDatabase>, Vec<LawfulTable>)>,
    ) -> PyResult<Self> {
        let given = tables.into_iter().map(|(name, count, rows, timed, links, columns)| {
            let rows = record_batch(py, &rows)?;
            let columns = columns.into_iter().map(|(id, code)| {
                Ok(Column {
                    id,
                    kind: Kind::of(code).ok_or_else(|| Error::run(&name, format!("no kind {code}")))?,
                })
            });
            let columns = columns.collect::<Result<_>>().map_err(|error| super::raised(py, &error))?;
            Ok(Given { name, count, rows, timed, links, columns })
        });
        let given: Vec<Given> = given.collect::<PyResult<_>>()?;
        let laws = plan.map(|(database, tables)| {
            let database = &database.get().0;
            let tables =
                tables.into_iter().map(|(name, links)| Ok(Lawful { table: database.table(&name)?, links }));
            Ok(Laws::new(database.keys().clone(), tables.collect::<Result<_>>()?))
        });
        let laws = laws.transpose().map_err(|error: Error| super::raised(py, &error))?;
        Ok(Self(Arc::new(free(py, || Stored::new(given, laws))?)))
    }

    /// The database of a plan that is opened, of which nothing is made but what contexts show.
    #[staticmethod]
    fn unmade(py: Python<'_>, database: &PyDatabase, tables: Vec<PlannedTable>) -> PyResult<Self> {
        let given = tables.into_iter().map(
            |PlannedTable { name, planned, time, lenders, links, columns, fullness }| {
                let columns = columns.into_iter().map(|(id, code, planned, mean, std)| {
                    let kind = Kind::of(code).ok_or_else(|| Error::run(&name, format!("no kind {code}")))?;
                    Ok(Wanted { column: Column { id, kind }, planned, mean, std })
                });
                let columns = columns.collect::<Result<_>>()?;
                let time = match time {
                    Some(column) => When::Column(column),
                    None if lenders.is_empty() => When::Never,
                    None => When::Lent(lenders),
                };
                Ok(unmade::Given { name, planned, time, links, columns, fullness })
            },
        );
        let given: Result<Vec<unmade::Given>> = given.collect();
        let database = database.0.clone();
        Ok(Self(Arc::new(free(py, move || Unmade::new(database, given?))?)))
    }

    /// A task over this source. Arrays are little-endian: entity rows and times (int64), when each label is known
    /// (int64, the greatest number for never), labels and standardised times (float32).
    #[expect(clippy::too_many_arguments, reason = "one per array")]
    fn task(
        &self,
        py: Python<'_>,
        name: String,
        entity: usize,
        column: i32,
        kind: i8,
        rows: &[u8],
        times: &[u8],
        known: &[u8],
        labels: &[u8],
        moments: &[u8],
    ) -> PyResult<PyTask> {
        let known = signed(known).into_iter().map(|known| (known < Nanos::MAX).then_some(known)).collect();
        let (rows, times) = (numbers(rows), signed(times));
        let (labels, moments) = (floats(labels), floats(moments));
        let labels = free(py, || {
            let kind = Kind::of(kind).ok_or_else(|| Error::run(&name, format!("there is no kind {kind}")))?;
            let asked = Asked { name, entity, rows, times, known, labels, moments, kind, column };
            Labels::new(asked, self.0.as_ref())
        })?;
        Ok(PyTask(Arc::new(labels)))
    }

    /// Contexts of given seeds: tables, rows, targets, times and numbers that address their random draws, each as
    /// little-endian int64.
    #[expect(clippy::too_many_arguments, reason = "one per array")]
    fn batch<'py>(
        &self,
        py: Python<'py>,
        settings: Settings,
        seed: u64,
        tables: &[u8],
        rows: &[u8],
        targets: &[u8],
        times: &[u8],
        draws: &[u8],
    ) -> PyResult<Bound<'py, PyDict>> {
        let key = Key::new(seed, &["context", "seed"]);
        let seeds: Vec<Seed> = numbers(tables)
            .into_iter()
            .zip(numbers(rows))
            .zip(signed(targets).into_iter().zip(signed(times)))
            .zip(numbers(draws))
            .map(|(((table, row), (target, until)), draw)| Seed {
                node: Node { table: table as usize, row },
                target: target as i32,
                until,
                key: key.at(draw),
            })
            .collect();
        given(py, free(py, || batch::make(self.0.as_ref(), &settings.into(), &seeds))?)
    }

    /// The times of rows, as little-endian int64.
    fn times<'py>(&self, py: Python<'py>, tables: &[u8], rows: &[u8]) -> PyResult<Bound<'py, PyByteArray>> {
        let nodes = numbers(tables).into_iter().zip(numbers(rows));
        let nodes: Vec<Node> = nodes.map(|(table, row)| Node { table: table as usize, row }).collect();
        let times = free(py, || {
            batch::check(self.0.as_ref(), nodes.iter().copied())?;
            Ok(nodes.iter().map(|node| self.0.time(*node)).collect::<Vec<_>>())
        })?;
        Ok(PyByteArray::new(py, times.to_byte_slice()))
    }

    /// Contexts of seeds that are drawn, for columns `targets`.
    fn step<'py>(
        &self,
        py: Python<'py>,
        settings: Settings,
        part: Part,
        targets: Vec<i32>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let form: Form = settings.into();
        let made = free(py, || {
            let seeds = part.draw(targets).seeds(self.0.as_ref())?;
            batch::make(self.0.as_ref(), &form, &seeds)
        })?;
        given(py, made)
    }

    /// Contexts of rows of a task, given by number.
    fn asked<'py>(
        &self,
        py: Python<'py>,
        settings: Settings,
        seed: u64,
        task: &PyTask,
        rows: &[u8],
    ) -> PyResult<Bound<'py, PyDict>> {
        let key = Key::new(seed, &["context", "task"]);
        let source = Labelled { base: self.0.as_ref(), labels: &task.0 };
        let rows = numbers(rows);
        let made = free(py, || {
            let (table, target) = task.0.target();
            let nodes = rows.iter().map(|row| Node { table, row: *row });
            batch::check(&source, nodes.clone())?;
            let seeds: Vec<Seed> = nodes
                .map(|node| Seed { node, target, until: source.time(node), key: key.at(node.row) })
                .collect();
            batch::make(&source, &settings.into(), &seeds)
        })?;
        given(py, made)
    }
}

/// Numbers below `rows`, the same for a step whoever asks, as little-endian int64.
#[pyfunction]
pub fn drawn_numbers<'py>(py: Python<'py>, part: Part, rows: u64) -> Bound<'py, PyByteArray> {
    let numbers: Vec<u64> = part.draw(Vec::new()).numbers(rows).collect();
    PyByteArray::new(py, numbers.to_byte_slice())
}

fn signed(words: &[u8]) -> Vec<i64> {
    words.as_chunks::<8>().0.iter().map(|word| i64::from_le_bytes(*word)).collect()
}

fn floats(words: &[u8]) -> Vec<f32> {
    words.as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect()
}

/// A batch as buffers by name.
fn given(py: Python<'_>, batch: Batch) -> PyResult<Bound<'_, PyDict>> {
    let arrays = PyDict::new(py);
    for (name, bytes) in [
        ("row", batch.row.to_byte_slice()),
        ("table", batch.table.to_byte_slice()),
        ("column", batch.column.to_byte_slice()),
        ("type", batch.kind.to_byte_slice()),
        ("value", batch.value.to_byte_slice()),
        ("text", batch.text.to_byte_slice()),
        ("parents", batch.parents.to_byte_slice()),
        ("target", batch.target.to_byte_slice()),
        ("padding", batch.padding.to_byte_slice()),
        ("origin", batch.origin.to_byte_slice()),
        ("seed_time", batch.seed_time.to_byte_slice()),
    ] {
        arrays.set_item(name, PyByteArray::new(py, bytes))?;
    }
    arrays.set_item("texts", batch.texts)?;
    Ok(arrays)
}
