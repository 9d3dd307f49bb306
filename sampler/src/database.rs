//! A plan opened: keys, values and cells put together. Everything that is asked of it goes by table name.

use crate::cells::{BLOCK_ROWS, Cells};
use crate::error::{Error, Result};
use crate::links::Topology;
use crate::plan::{Axis, Plan, Table};
use crate::scm::{self, Models};
use crate::stream::{BATCH_ROWS, Reader, Request};
use crate::world::{Keys, TwoWay};
use arrow_array::{RecordBatch, RecordBatchOptions};
use std::ops::Range;
use std::sync::Arc;

/// Any rows of any table, as often as wanted, from any thread.
pub struct Database {
    keys: Arc<Topology>,
    models: Arc<Models>,
    cells: Arc<Cells>,
    /// Name of each table, and the table that each of its links leads to.
    tables: Vec<(String, Vec<usize>)>,
    /// Whether each table has time.
    timed: Vec<bool>,
    threads: usize,
}

impl Database {
    /// Opens a fitted plan.
    ///
    /// Args: `threads` workers for each stream, 0 for one per core; `cache_bytes` the memory that parents' values may
    /// be kept in. The rows depend on neither.
    ///
    /// # Errors
    /// `Error::Plan` where the plan is not one, `Error::Impossible` where it asks for what can't be.
    pub fn open(plan: &Plan, threads: usize, cache_bytes: usize) -> Result<Self> {
        let keys = Arc::new(Topology::open_with_budget(plan, cache_bytes as u64 / 2)?);
        let models = Arc::new(Models::open(plan, keys.clone(), cache_bytes / 2)?);
        Self::of(plan, keys, models, threads)
    }

    fn of(plan: &Plan, keys: Arc<Topology>, models: Arc<Models>, threads: usize) -> Result<Self> {
        let cells = Arc::new(Cells::open(plan, keys.clone(), models.clone())?);
        let index = |name: &str| {
            plan.tables
                .iter()
                .position(|table| table.name == name)
                .ok_or_else(|| Error::plan(name, "a link's parent is no table of the plan"))
        };
        let tables = plan.tables.iter().map(|table| {
            let parents = table.links.iter().map(|link| index(&link.parent)).collect::<Result<_>>()?;
            Ok((table.name.clone(), parents))
        });
        let timed = plan.tables.iter().map(|table| table.axis != Axis::Static {}).collect();
        Ok(Self {
            keys,
            models,
            cells,
            tables: tables.collect::<Result<_>>()?,
            timed,
            threads: threads_of(threads),
        })
    }

    /// Names of the tables, in value order.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|(name, _)| name.as_str())
    }

    /// The index of a table.
    ///
    /// # Errors
    /// `Error::Run` where there is no such table.
    pub fn table(&self, name: &str) -> Result<usize> {
        let found = self.tables().position(|table| table == name);
        found.ok_or_else(|| Error::run(name, "there is no such table in the plan"))
    }

    pub fn cells(&self) -> &Arc<Cells> {
        &self.cells
    }

    pub fn models(&self) -> &Models {
        &self.models
    }

    pub fn keys(&self) -> &Arc<Topology> {
        &self.keys
    }

    pub fn is_timed(&self, table: usize) -> bool {
        self.timed[table]
    }

    /// Worker threads.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// `make` of each item, in order, the items shared among the threads; `place` is for what panics.
    pub fn shared<T: Sync, R: Send>(
        &self,
        place: &str,
        items: &[T],
        make: impl Fn(&T) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        let share = items.len().div_ceil(self.threads).max(1);
        let work = |part: &[T]| part.iter().map(&make).collect::<Result<Vec<R>>>();
        if items.len() <= share {
            return work(items);
        }
        let parts: Vec<Result<Vec<R>>> = std::thread::scope(|scope| {
            let workers: Vec<_> = items.chunks(share).map(|part| scope.spawn(|| work(part))).collect();
            let fault = |panic: Box<dyn std::any::Any + Send>| Err(Error::fault(place, panic.as_ref()));
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(fault)).collect()
        });
        Ok(parts.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// Rows as a stream: to the table's end where `stop` is None, all columns where `columns` is None, batches of
    /// `stream::BATCH_ROWS` where `batch_rows` is None.
    ///
    /// # Errors
    /// `Error::Run` where the table, a column or the rows don't exist.
    pub fn request(
        &self,
        table: &str,
        (start, stop): (u64, Option<u64>),
        batch_rows: Option<u64>,
        columns: Option<&[String]>,
    ) -> Result<Request> {
        let index = self.table(table)?;
        let (schema, rows) = (self.cells.schema(index), self.cells.rows(index));
        let column = |name: &String| {
            schema
                .index_of(name)
                .map_err(|_| Error::run(format!("{table}.{name}"), "there is no such column in the plan"))
        };
        let columns = columns.map(|names| names.iter().map(column).collect::<Result<_>>()).transpose()?;
        let stop = stop.unwrap_or(rows);
        within(table, start..stop, rows)?;
        let batch_rows = batch_rows.unwrap_or(BATCH_ROWS).max(1);
        Ok(Request { table: index, start, stop, columns, batch_rows, threads: self.threads })
    }

    /// Starts making the rows of a request.
    ///
    /// # Errors
    /// As `Reader::open`.
    pub fn read(&self, request: Request) -> Result<Reader> {
        Reader::open(self.cells.clone(), request)
    }

    /// Some columns at any rows, in their order: as they are, or with a retry's columns drawn anew (the retry's index
    /// and the number of the attempt).
    ///
    /// # Errors
    /// `Error::Run` where the table, a column, a row or the retry doesn't exist.
    pub fn rows_at(
        &self,
        table: &str,
        rows: &[u64],
        columns: &[String],
        attempt: Option<(usize, u64)>,
    ) -> Result<RecordBatch> {
        let request = self.request(table, (0, Some(0)), None, Some(columns))?;
        let index = request.table;
        let wanted = request.columns.unwrap_or_default();
        let schema = self.cells.batch(index, 0, 0, Some(&wanted))?.schema();
        let make = |rows: &&[u64]| {
            let arrays = match attempt {
                Some(attempt) => self.cells.again(index, &wanted, rows, attempt),
                None => self.cells.columns(index, &wanted, rows),
            };
            let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
            RecordBatch::try_new_with_options(schema.clone(), arrays?, &options)
                .map_err(|error| Error::run(table, error.to_string()))
        };
        let parts: Vec<&[u64]> = rows.chunks(BLOCK_ROWS as usize).collect();
        let made = self.shared(table, &parts, make)?;
        arrow_select::concat::concat_batches(&schema, &made)
            .map_err(|error| Error::run(table, error.to_string()))
    }

    /// The parent row of each row, `NONE` where the link is NULL.
    ///
    /// # Errors
    /// `Error::Run` where the table, the link or the rows don't exist.
    pub fn parents(&self, table: &str, link: usize, rows: Range<u64>) -> Result<Vec<u64>> {
        let (index, _) = self.link(table, link)?;
        within(table, rows.clone(), self.cells.rows(index))?;
        let mut parents = Vec::new();
        self.keys.parents(index, link, &rows.collect::<Vec<_>>(), &mut parents);
        Ok(parents)
    }

    /// The rows that refer to a parent row, in ascending order.
    ///
    /// # Errors
    /// `Error::Run` where the table, the link or the parent row doesn't exist.
    pub fn children(&self, table: &str, link: usize, parent: u64) -> Result<Vec<u64>> {
        let (index, parent_table) = self.link(table, link)?;
        let rows = self.cells.rows(parent_table);
        within(self.cells.name(parent_table), parent..parent.saturating_add(1), rows)?;
        Ok(self.keys.children(index, link, parent))
    }

    /// The table and the link's parent table.
    fn link(&self, table: &str, link: usize) -> Result<(usize, usize)> {
        let index = self.table(table)?;
        let links = &self.tables[index].1;
        let message = || Error::run(table, format!("there is no link {link} among its {}", links.len()));
        Ok((index, *links.get(link).ok_or_else(message)?))
    }
}

/// A plan with its SCMs drawn and calibrated, and what was computed for that.
pub struct Fitted {
    pub plan: Plan,
    keys: Arc<Topology>,
    models: Arc<Models>,
}

impl Fitted {
    /// # Errors
    /// As `Database::open`.
    pub fn new(plan: Plan) -> Result<Self> {
        let keys = Arc::new(Topology::open(&plan)?);
        let (plan, models) = scm::fit(plan, keys.clone())?;
        Ok(Self { plan, keys, models: Arc::new(models) })
    }

    /// Opens `plan`, this one or one whose columns were changed since, with the models that are there: nothing is
    /// computed twice. Any other plan is opened as by `Database::open`, with `cache_bytes`.
    ///
    /// # Errors
    /// As `Database::open`.
    pub fn open(&self, plan: &Plan, threads: usize, cache_bytes: usize) -> Result<Database> {
        let same = |a: &Table, b: &Table| {
            (&a.name, a.rows, &a.axis, &a.links, &a.scm) == (&b.name, b.rows, &b.axis, &b.links, &b.scm)
        };
        let known = plan.seed == self.plan.seed
            && plan.tables.len() == self.plan.tables.len()
            && plan.tables.iter().zip(&self.plan.tables).all(|(a, b)| same(a, b));
        if known {
            Database::of(plan, self.keys.clone(), self.models.clone(), threads)
        } else {
            Database::open(plan, threads, cache_bytes)
        }
    }
}

impl TwoWay for Topology {
    fn children(&self, table: usize, link: usize, parent: u64) -> Vec<u64> {
        Topology::children(self, table, link, parent)
    }
}

/// `threads`, or one per core for 0.
pub fn threads_of(threads: usize) -> usize {
    if threads > 0 { threads } else { std::thread::available_parallelism().map_or(1, usize::from) }
}

pub fn within(table: &str, rows: Range<u64>, of: u64) -> Result<()> {
    if rows.start <= rows.end && rows.end <= of {
        return Ok(());
    }
    Err(Error::run(table, format!("rows {}:{} are not within its {of} rows", rows.start, rows.end)))
}
