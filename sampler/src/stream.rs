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
/// Cells of a batch, about: a table of very many columns comes in shorter batches, since several are under way.
const BATCH_CELLS: u64 = 1 << 22;

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
        let schema = cells.batch(request.table, start, start, request.columns.as_deref())?.schema();
        let light = (BATCH_CELLS / schema.fields().len().max(1) as u64).next_multiple_of(BLOCK_ROWS);
        let job_rows = request.batch_rows.min(share).min(light).max(1);
        let jobs = (stop - start).div_ceil(job_rows);
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
        Error::fault(self.cells.name(self.request.table), panic).to_string()
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::cells::mock::Mock;
    use crate::plan::{Micros, Plan};
    use crate::world::{Keys, Place, Tuple, TwoWay};

    const PLAN: &str = r#"{"seed":1,"tables":[{"name":"t","rows":20000,"axis":{"type":"static"},"links":[],"scm":{"prior":{}},
        "columns":[{"name":"id","type":"int64","rule":{"type":"sequence","start":1,"step":1,"permute":true}},
            {"name":"at","type":"timestamp","rule":{"type":"at"}},
            {"name":"u","type":"utf8","rule":{"type":"value","codec":{"type":"uuid","version":4}},"null":{"rate":0.1}}]}]}"#;

    /// Times from row 5000 on can't be had.
    struct Broken(Mock);

    impl Keys for Broken {
        fn rows(&self, table: usize) -> u64 {
            self.0.rows(table)
        }
        fn parents(&self, table: usize, link: usize, rows: &[u64], out: &mut Vec<u64>) {
            self.0.parents(table, link, rows, out);
        }
        fn times(&self, table: usize, rows: &[u64], out: &mut Vec<Micros>) {
            assert!(rows.iter().all(|row| *row < 5000), "no such time");
            self.0.times(table, rows, out);
        }
        fn places(&self, table: usize, levels: usize, rows: &[u64], out: &mut Vec<Place>) {
            self.0.places(table, levels, rows, out);
        }
        fn popularity(&self, _: usize, _: usize, parents: &[u64], out: &mut Vec<f32>) {
            out.clear();
            out.resize(parents.len(), 0.0);
        }

        fn digits(&self, table: usize, tuple: Tuple<'_>, index: usize, rows: &[u64], out: &mut Vec<u64>) {
            self.0.digits(table, tuple, index, rows, out);
        }
    }

    impl TwoWay for Broken {
        fn children(&self, table: usize, link: usize, parent: u64) -> Vec<u64> {
            self.0.children(table, link, parent)
        }
    }

    fn plan() -> Plan {
        serde_json::from_str(PLAN).unwrap()
    }

    fn cells() -> Arc<Cells> {
        let mock = Arc::new(Mock::new(&plan()));
        Arc::new(Cells::open(&plan(), mock.clone(), mock).unwrap())
    }

    fn request(start: u64, stop: u64, batch_rows: u64, threads: usize) -> Request {
        Request { table: 0, start, stop, columns: None, batch_rows, threads }
    }

    #[test]
    fn threads_and_batches_change_nothing() {
        let cells = cells();
        let whole = cells.batch(0, 0, 20_000, None).unwrap();
        for threads in [1, 2, 7] {
            for batch_rows in [1500, 4096, 1 << 40] {
                let reader = Reader::open(cells.clone(), request(100, 19_000, batch_rows, threads)).unwrap();
                let batches: Vec<_> = reader.map(Result::unwrap).collect();
                assert!(batches.iter().all(|batch| batch.num_rows() as u64 <= batch_rows));
                let joined = arrow_select::concat::concat_batches(&whole.schema(), &batches).unwrap();
                assert_eq!(joined, whole.slice(100, 18_900), "{threads} threads, {batch_rows} rows");
            }
        }
        let single: Vec<_> = Reader::open(cells.clone(), request(7, 17, 1, 3)).unwrap().collect();
        assert_eq!(single.len(), 10);
        assert_eq!(Reader::open(cells, request(5, 5, 10, 2)).unwrap().count(), 0);
    }

    #[test]
    fn a_reader_dropped_early_stops_its_workers() {
        let cells = cells();
        for taken in 0..3 {
            let mut reader = Reader::open(cells.clone(), request(0, 20_000, 10, 3)).unwrap();
            assert_eq!(reader.by_ref().take(taken).count(), taken);
            let shared = reader.shared.clone();
            drop(reader);
            assert_eq!(Arc::strong_count(&shared), 1, "no worker holds it any more");
            assert!(shared.lock().taken <= taken as u64 + shared.window);
        }
    }

    #[test]
    fn a_panic_becomes_an_error_in_its_place() {
        let broken = Arc::new(Broken(Mock::new(&plan())));
        let cells = Arc::new(Cells::open(&plan(), broken, Arc::new(Mock::new(&plan()))).unwrap());
        for threads in [1, 4] {
            let mut reader = Reader::open(cells.clone(), request(0, 20_000, 1000, threads)).unwrap();
            assert_eq!(reader.by_ref().take(5).filter(Result::is_ok).count(), 5);
            match reader.next() {
                Some(Err(error)) => assert!(error.to_string().contains("no such time"), "{error}"),
                other => panic!("{other:?}"),
            }
            assert!(reader.next().is_none());
        }
    }

    #[test]
    fn rows_outside_the_table_are_refused() {
        for (start, stop) in [(0, 20_001), (5, 4), (u64::MAX, u64::MAX)] {
            assert!(matches!(Reader::open(cells(), request(start, stop, 10, 1)), Err(Error::Run { .. })));
        }
        let columns = Some(vec![3]);
        assert!(Reader::open(cells(), Request { columns, ..request(0, 1, 10, 1) }).is_err());
    }
}
