//! A table as an Arrow stream: batches made ahead of the reader by worker threads, and handed over in order.
//!
//! The rows don't depend on the number of threads, nor on how they are cut into batches.

use crate::cells::{BLOCK_ROWS, Cells};
use crate::error::Error;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Rows of a batch: a row group of DuckDB.
pub const BATCH_ROWS: u64 = 122_880;

type Made = Result<Vec<RecordBatch>, ArrowError>;

/// Which rows and columns, and how many of them at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub table: usize,
    pub start: u64,
    pub stop: u64,
    /// All columns where None.
    pub columns: Option<Vec<usize>>,
    /// Rows of a batch; a short stream is cut finer, so that every thread has its share.
    pub batch_rows: u64,
    /// Worker threads, 1 at least.
    pub threads: usize,
}

/// Batches of rows `start <= row < stop` of one table.
///
/// An error or a panic of a worker comes out as an Arrow error in its batch's place, and ends the stream. Dropping the
/// reader stops the workers.
pub struct Reader {
    schema: SchemaRef,
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Batches of the job handed over last, last one first: more than one only where a single one would be too large.
    ready: Vec<RecordBatch>,
}

struct Shared {
    cells: Arc<Cells>,
    request: Request,
    /// Rows of a job.
    job_rows: u64,
    jobs: u64,
    /// How many jobs may be taken before the first of them is read.
    window: u64,
    state: Mutex<State>,
    /// Something was made, read or stopped.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    taken: u64,
    read: u64,
    made: BTreeMap<u64, Made>,
    stopped: bool,
}

impl Reader {
    /// Starts the workers.
    ///
    /// # Errors
    /// `Error::Run` where the rows or columns are not in the table, or a thread can't be started.
    pub fn open(cells: Arc<Cells>, request: Request) -> crate::error::Result<Self> {
        let Request { start, stop, .. } = request;
        if start > stop || stop > cells.rows(request.table) {
            let message =
                format!("rows {start}..{stop} are not within its {} rows", cells.rows(request.table));
            return Err(Error::run(cells.name(request.table), message));
        }
        let threads = request.threads.max(1) as u64;
        let share = (stop - start).div_ceil(threads).next_multiple_of(BLOCK_ROWS);
        let job_rows = request.batch_rows.min(share).max(1);
        let jobs = (stop - start).div_ceil(job_rows);
        let schema = cells.batch(request.table, start, start, request.columns.as_deref())?.schema();
        let name = cells.name(request.table).to_owned();
        let state = Mutex::new(State::default());
        let window = 2 * threads;
        let shared =
            Arc::new(Shared { cells, request, job_rows, jobs, window, state, changed: Condvar::new() });
        let mut reader = Self { schema, shared, workers: Vec::new(), ready: Vec::new() };
        for _ in 0..threads.min(jobs) {
            let shared = reader.shared.clone();
            let worker = std::thread::Builder::new().name("plurel-rows".into()).spawn(move || shared.work());
            // Where not even one can be started, there is nobody to wait for; dropping the reader joins the others.
            reader.workers.push(worker.map_err(|error| Error::run(&name, format!("no thread: {error}")))?);
        }
        Ok(reader)
    }
}

impl Shared {
    /// A panic inside the lock would leave plain counters in order: the state stays good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(job) = self.take() {
            let made = catch_unwind(AssertUnwindSafe(|| self.make(job)));
            let made = made.unwrap_or_else(|panic| Err(ArrowError::ComputeError(self.told(panic.as_ref()))));
            self.lock().made.insert(job, made);
            self.changed.notify_all();
        }
    }

    /// The next job, when there is room for it; None when there is nothing more to do.
    fn take(&self) -> Option<u64> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.taken == self.jobs {
                return None;
            }
            if state.taken < state.read + self.window {
                state.taken += 1;
                return Some(state.taken - 1);
            }
            state = self.wait(state);
        }
    }

    fn make(&self, job: u64) -> Made {
        let start = self.request.start + job * self.job_rows;
        let stop = self.request.stop.min(start.saturating_add(self.job_rows));
        let failed = |error: Error| ArrowError::ExternalError(Box::new(error));
        self.cells.batches(self.request.table, start, stop, self.request.columns.as_deref()).map_err(failed)
    }

    fn told(&self, panic: &(dyn Any + Send)) -> String {
        let text = panic.downcast_ref::<&str>().copied();
        let text =
            text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        let place = self.cells.name(self.request.table);
        format!("{place}: a fault in the sampler (please report it with the plan): {text}")
    }

    /// The next job's batches, in order; None after the last, or after an error.
    fn next(&self) -> Option<Made> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.read == self.jobs {
                return None;
            }
            let job = state.read;
            if let Some(made) = state.made.remove(&job) {
                state.read += 1;
                state.stopped = made.is_err();
                self.changed.notify_all();
                return Some(made);
            }
            state = self.wait(state);
        }
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.ready.pop() {
                return Some(Ok(batch));
            }
            match self.shared.next()? {
                Ok(batches) => self.ready = batches.into_iter().rev().collect(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches what panics in it.
            let _ = worker.join();
        }
    }
}
