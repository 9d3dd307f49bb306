//! The module `_sampler`: plan JSON in, an opaque handle out, Arrow streams over the C interface (PyCapsule).
//!
//! Nothing crosses per row, the GIL is released while rows are made, and every error becomes `SamplerError` here.

mod context;

use crate::bulk::{self, binary, text};
use crate::database::{Database, Fitted};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::stream::Request;
use crate::truth::Redraw;
use arrow_array::ffi::{FFI_ArrowArray, from_ffi};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchReader, StructArray};
use arrow_schema::Schema;
use arrow_schema::ffi::FFI_ArrowSchema;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};
use std::sync::Arc;

create_exception!(
    _sampler,
    SamplerError,
    PyException,
    "What the sampler can't do: `kind` (\"plan\", \"impossible\" or \"run\"), `place` and `message`."
);

/// The only place where errors meet Python.
fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let (kind, place, message) = match error {
        Error::Plan { place, message } => ("plan", place, message),
        Error::Impossible { place, message } => ("impossible", place, message),
        Error::Run { place, message } => ("run", place, message),
    };
    let raised = SamplerError::new_err(error.to_string());
    let value = raised.value(py);
    for (name, text) in [("kind", kind), ("place", place), ("message", message)] {
        if let Err(error) = value.setattr(name, text) {
            return error;
        }
    }
    raised
}

/// Runs `work` without the GIL; a panic is a fault of ours, and an error like others.
fn free<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    let done = py.detach(|| std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)));
    done.unwrap_or_else(|panic| Err(Error::fault("sampler", panic.as_ref())))
        .map_err(|error| raised(py, &error))
}

fn parse(plan: &[u8]) -> Result<Plan> {
    serde_json::from_slice(plan).map_err(|error| Error::plan("plan", error.to_string()))
}

/// Row numbers from little-endian 64-bit words.
fn numbers(words: &[u8]) -> Vec<u64> {
    words.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect()
}

/// An Arrow record batch of Python's.
fn record_batch(py: Python<'_>, batch: &Bound<'_, PyAny>) -> PyResult<RecordBatch> {
    let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) =
        batch.call_method0("__arrow_c_array__")?.extract()?;
    let schema = schema.pointer_checked(Some(c"arrow_schema"))?.cast::<FFI_ArrowSchema>();
    let array = array.pointer_checked(Some(c"arrow_array"))?.cast::<FFI_ArrowArray>();
    // SAFETY: capsules of these names hold what the C data interface says; the array is moved out, as it asks.
    let data = unsafe { from_ffi(FFI_ArrowArray::from_raw(array.as_ptr()), schema.as_ref()) };
    let data = data.map_err(|error| raised(py, &Error::run("arrow", error.to_string())))?;
    Ok(RecordBatch::from(StructArray::from(data)))
}

/// An opened plan.
#[pyclass(frozen, module = "plurel_sql._sampler", name = "Database")]
struct PyDatabase(Arc<Database>);

#[pymethods]
impl PyDatabase {
    #[staticmethod]
    #[pyo3(signature = (plan, threads = 0, cache_bytes = CACHE_BYTES, fitted = None))]
    fn open(
        py: Python<'_>,
        plan: &[u8],
        threads: usize,
        cache_bytes: usize,
        fitted: Option<Bound<'_, PyFitted>>,
    ) -> PyResult<Self> {
        let fitted = fitted.as_ref().map(|fitted| &fitted.get().0);
        let database = free(py, || match fitted {
            Some(fitted) => fitted.open(&parse(plan)?, threads, cache_bytes),
            None => Database::open(&parse(plan)?, threads, cache_bytes),
        })?;
        Ok(Self(Arc::new(database)))
    }

    fn tables(&self) -> Vec<String> {
        self.0.tables().map(str::to_owned).collect()
    }

    fn rows(&self, py: Python<'_>, table: &str) -> PyResult<u64> {
        let index = self.0.table(table).map_err(|error| raised(py, &error))?;
        Ok(self.0.cells().rows(index))
    }

    #[pyo3(signature = (table, start = 0, stop = None, batch_rows = None, columns = None))]
    fn stream(
        &self,
        py: Python<'_>,
        table: &str,
        start: u64,
        stop: Option<u64>,
        batch_rows: Option<u64>,
        columns: Option<Vec<String>>,
    ) -> PyResult<PyStream> {
        let request = self.0.request(table, (start, stop), batch_rows, columns.as_deref());
        let request = request.map_err(|error| raised(py, &error))?;
        Ok(PyStream { database: self.0.clone(), request })
    }

    /// Columns at any rows, given as little-endian 64-bit numbers; with `attempt` (a retry's index and a number) its
    /// columns are drawn anew.
    #[pyo3(signature = (table, rows, columns, attempt = None))]
    fn rows_at(
        &self,
        py: Python<'_>,
        table: &str,
        rows: &[u8],
        columns: Vec<String>,
        attempt: Option<(usize, u64)>,
    ) -> PyResult<PyRows> {
        let rows = numbers(rows);
        free(py, || self.0.rows_at(table, &rows, &columns, attempt)).map(PyRows)
    }

    /// The parent rows as little-endian u64, `NONE` where the key is NULL: one buffer, not an object per row.
    fn parents<'py>(
        &self,
        py: Python<'py>,
        table: &str,
        link: usize,
        start: u64,
        stop: u64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let parents = free(py, || self.0.parents(table, link, start..stop))?;
        PyBytes::new_with(py, parents.len() * 8, |bytes| {
            for (place, parent) in bytes.chunks_exact_mut(8).zip(&parents) {
                place.copy_from_slice(&parent.to_le_bytes());
            }
            Ok(())
        })
    }

    /// Latents and causes of rows `start <= row < stop` (see `truth`).
    fn latents(&self, py: Python<'_>, table: &str, start: u64, stop: u64) -> PyResult<PyRows> {
        free(py, || self.0.latents(table, start..stop)).map(PyRows)
    }

    /// The functions of a table's model, as JSON.
    fn mechanisms<'py>(&self, py: Python<'py>, table: &str) -> PyResult<Bound<'py, PyBytes>> {
        let tables = free(py, || {
            let index = self.0.table(table)?;
            serde_json::to_vec(&self.0.models().tables(index))
                .map_err(|error| Error::run(table, error.to_string()))
        })?;
        Ok(PyBytes::new(py, &tables))
    }

    /// Draws `start <= draw < stop` of a column's cells at any rows, some nodes drawn anew (see `truth`).
    #[pyo3(signature = (table, column, rows, draws, free, asked, weigh))]
    #[expect(clippy::too_many_arguments, reason = "one per part of the question")]
    fn redraw(
        &self,
        py: Python<'_>,
        table: String,
        column: String,
        rows: &[u8],
        draws: (u64, u64),
        free: Vec<String>,
        asked: Vec<String>,
        weigh: bool,
    ) -> PyResult<PyRows> {
        let redraw = Redraw { table, column, free, asked, weigh };
        let rows = numbers(rows);
        self::free(py, || self.0.redraw(&redraw, &rows, draws.0..draws.1)).map(PyRows)
    }

    fn children(&self, py: Python<'_>, table: &str, link: usize, parent_row: u64) -> PyResult<Vec<u64>> {
        free(py, || self.0.children(table, link, parent_row))
    }
}

/// Rows in memory.
#[pyclass(frozen, module = "plurel_sql._sampler", name = "Rows")]
struct PyRows(RecordBatch);

#[pymethods]
impl PyRows {
    /// As `PyStream::__arrow_c_stream__`.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let reader = RecordBatchIterator::new([Ok(self.0.clone())], self.0.schema());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }
}

/// Rows of one table, made while they are read; each `__arrow_c_stream__` begins anew.
#[pyclass(frozen, module = "plurel_sql._sampler", name = "Stream")]
struct PyStream {
    database: Arc<Database>,
    request: Request,
}

#[pymethods]
impl PyStream {
    /// The columns are what they are: a `requested_schema` is not looked at, as the protocol allows.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let reader = free(py, || self.database.read(self.request.clone()))?;
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let Request { table, start, .. } = self.request;
        let empty = free(py, || self.database.read(Request { stop: start, ..self.request.clone() }))?;
        let schema = FFI_ArrowSchema::try_from(empty.schema().as_ref())
            .map_err(|error| raised(py, &Error::run(self.database.cells().name(table), error.to_string())))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }
}

/// Record batches as bytes for one table of a server.
#[pyclass(frozen, module = "plurel_sql._sampler", name = "Encoder")]
struct PyEncoder(bulk::Form);

#[pymethods]
impl PyEncoder {
    /// COPY's binary form, None where a column has none.
    #[staticmethod]
    fn binary(
        py: Python<'_>,
        schema: &Bound<'_, PyAny>,
        targets: Vec<(String, Option<u32>)>,
    ) -> PyResult<Option<Self>> {
        let capsule = schema.call_method0("__arrow_c_schema__")?;
        let pointer = capsule.cast::<PyCapsule>()?.pointer_checked(Some(c"arrow_schema"))?;
        // SAFETY: a capsule of this name holds a schema of the C data interface, alive while the capsule is.
        let schema = Schema::try_from(unsafe { pointer.cast::<FFI_ArrowSchema>().as_ref() })
            .map_err(|error| raised(py, &Error::run("bulk", error.to_string())))?;
        let targets: Vec<_> =
            targets.into_iter().map(|(name, item_oid)| binary::Target { name, item_oid }).collect();
        let mut fields = schema.fields().iter().zip(&targets);
        let complete = targets.len() == schema.fields().len()
            && fields.all(|(field, target)| binary::has_form(field.data_type(), target));
        Ok(complete.then_some(Self(bulk::Form::Binary(targets))))
    }

    /// Lines of text; `kinds` are the columns' types where they matter: "bit" for a truth value written 1 or 0, "box".
    #[staticmethod]
    fn text(mysql: bool, kinds: Vec<String>) -> Self {
        let style = if mysql { text::Style::MySql } else { text::Style::Postgres };
        let targets = kinds.iter().map(|kind| match kind.as_str() {
            "bit" | "varbit" => text::Target::Bit,
            "box" => text::Target::Box,
            _ => text::Target::Plain,
        });
        Self(bulk::Form::Text(style, targets.collect()))
    }

    #[getter]
    fn is_binary(&self) -> bool {
        matches!(self.0, bulk::Form::Binary(_))
    }

    #[getter]
    fn header(&self) -> &'static [u8] {
        if self.is_binary() { binary::HEADER } else { b"" }
    }

    #[getter]
    fn trailer(&self) -> &'static [u8] {
        if self.is_binary() { binary::TRAILER } else { b"" }
    }

    /// All rows of an Arrow record batch.
    fn encode<'py>(&self, py: Python<'py>, batch: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let batch = record_batch(py, batch)?;
        let bytes = free(py, || bulk::encode(&batch, &self.0))?;
        Ok(PyBytes::new(py, &bytes))
    }
}

/// A plan with its SCMs drawn and calibrated, and what was computed for that.
#[pyclass(frozen, module = "plurel_sql._sampler", name = "Fitted")]
struct PyFitted(Fitted);

#[pymethods]
impl PyFitted {
    #[new]
    fn new(py: Python<'_>, plan: &[u8]) -> PyResult<Self> {
        free(py, || Fitted::new(parse(plan)?)).map(Self)
    }

    /// The fitted plan as JSON.
    #[getter]
    fn plan<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let written = free(py, || {
            serde_json::to_vec(&self.0.plan).map_err(|error| Error::plan("plan", error.to_string()))
        })?;
        Ok(PyBytes::new(py, &written))
    }
}

/// Memory for parents' values, unless told otherwise.
const CACHE_BYTES: usize = 1 << 28;

#[pymodule]
fn _sampler(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // A panic is caught at the border and told as an error; the default hook would print a backtrace besides.
    std::panic::set_hook(Box::new(|_| {}));
    module.add_class::<PyDatabase>()?;
    module.add_class::<PyStream>()?;
    module.add_class::<PyRows>()?;
    module.add_class::<PyEncoder>()?;
    module.add_class::<context::PySource>()?;
    module.add_class::<context::PyTask>()?;
    module.add_function(wrap_pyfunction!(context::drawn_numbers, module)?)?;
    module.add_class::<PyFitted>()?;
    module.add("SamplerError", module.py().get_type::<SamplerError>())
}
