//! The module `_sampler`: plan JSON in, an opaque handle out, Arrow streams over the C interface (PyCapsule).
//!
//! Nothing crosses per row, the GIL is released while rows are made, and every error becomes `SamplerError` here.

use crate::database::{Database, fit};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::stream::Request;
use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
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

/// An opened plan.
#[pyclass(frozen, module = "plurel_sql._sampler", name = "Database")]
struct PyDatabase(Arc<Database>);

#[pymethods]
impl PyDatabase {
    #[staticmethod]
    #[pyo3(signature = (plan, threads = 0, cache_bytes = CACHE_BYTES))]
    fn open(py: Python<'_>, plan: &[u8], threads: usize, cache_bytes: usize) -> PyResult<Self> {
        let database = free(py, || Database::open(&parse(plan)?, threads, cache_bytes))?;
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

    fn parents(
        &self,
        py: Python<'_>,
        table: &str,
        link: usize,
        start: u64,
        stop: u64,
    ) -> PyResult<Vec<Option<u64>>> {
        free(py, || self.0.parents(table, link, start..stop))
    }

    fn children(&self, py: Python<'_>, table: &str, link: usize, parent_row: u64) -> PyResult<Vec<u64>> {
        free(py, || self.0.children(table, link, parent_row))
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

/// The plan with its SCMs drawn and calibrated.
#[pyfunction(name = "fit")]
fn py_fit<'py>(py: Python<'py>, plan: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let fitted = free(py, || {
        let fitted = fit(parse(plan)?)?;
        serde_json::to_vec(&fitted).map_err(|error| Error::plan("plan", error.to_string()))
    })?;
    Ok(PyBytes::new(py, &fitted))
}

/// Memory for parents' values, unless told otherwise.
const CACHE_BYTES: usize = 1 << 28;

#[pymodule]
fn _sampler(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // A panic is caught at the border and told as an error; the default hook would print a backtrace besides.
    std::panic::set_hook(Box::new(|_| {}));
    module.add_class::<PyDatabase>()?;
    module.add_class::<PyStream>()?;
    module.add("SamplerError", module.py().get_type::<SamplerError>())?;
    module.add_function(wrap_pyfunction!(py_fit, module)?)
}
