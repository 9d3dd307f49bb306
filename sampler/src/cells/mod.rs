//! Columns from rules: a plan's column rules compiled once, then evaluated for any rows as Arrow arrays.

mod block;
mod compile;
mod figures;
mod lift;
#[cfg(test)]
pub mod mock;
mod order;
mod rule;
mod slot;
#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::plan::{self, Plan};
use crate::world::{TwoWay, Values};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};
use block::{Attempt, Block};
use rule::{Column, Rule};
use std::sync::Arc;

/// Rows evaluated at a time: small enough for the cache, large enough for the compiler to vectorise.
pub const BLOCK_ROWS: u64 = 1024;

/// The most bytes of a batch: Arrow's 32-bit offsets hold eight times as much.
const BATCH_BYTES: usize = 1 << 28;

/// All columns of a plan. `column` and `batch` are pure functions of the plan and the rows asked for.
pub struct Cells {
    tables: Vec<Table>,
    keys: Arc<dyn TwoWay>,
    values: Arc<dyn Values>,
}

struct Table {
    name: String,
    rows: u64,
    columns: Vec<Column>,
    schema: SchemaRef,
    /// The columns that each retry draws anew.
    retries: Vec<Vec<usize>>,
}

impl Cells {
    /// Compiles every column.
    ///
    /// # Errors
    /// `Error::Plan` with the place "table.column" for a rule that can't fill its column: a name that doesn't resolve, a
    /// label that is no value of the type, a type the rule can't make, columns that depend on each other in a circle.
    /// `Error::Impossible` where a column can't number the table's rows.
    pub fn open(plan: &Plan, keys: Arc<dyn TwoWay>, values: Arc<dyn Values>) -> Result<Self> {
        let tables: Vec<Vec<Column>> = compile::tables(plan)?;
        let tables = plan.tables.iter().zip(tables).map(|(table, columns)| {
            let field = |column: &Column| Field::new(&column.name, column.data_type.clone(), true);
            let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
            let retries = table.retries.iter().map(|retry| retried(table, &columns, retry));
            let retries = retries.collect::<Result<_>>()?;
            Ok(Table { name: table.name.clone(), rows: table.rows, columns, schema, retries })
        });
        Ok(Self { tables: tables.collect::<Result<_>>()?, keys, values })
    }

    /// The Arrow schema of a table; every field is nullable. Tables are given by their index in the plan.
    pub fn schema(&self, table: usize) -> SchemaRef {
        self.tables[table].schema.clone()
    }

    /// The table's name.
    pub fn name(&self, table: usize) -> &str {
        &self.tables[table].name
    }

    /// Whether a column is the row's time on its table's axis, and never NULL.
    pub fn is_axis(&self, table: usize, column: usize) -> bool {
        let column = &self.tables[table].columns[column];
        matches!(column.rule, Rule::At) && column.null.is_none() && column.lower.is_none()
    }

    /// How many rows the table has.
    pub fn rows(&self, table: usize) -> u64 {
        self.tables[table].rows
    }

    /// One column at any rows, in their order.
    ///
    /// # Errors
    /// `Error::Run` where a row is not in the table.
    pub fn column(&self, table: usize, column: usize, rows: &[u64]) -> Result<ArrayRef> {
        let mut columns = self.columns(table, &[column], rows)?;
        columns.pop().ok_or_else(|| Error::run(&self.tables[table].name, "no column was asked for"))
    }

    /// Some columns at any rows: parents, times and ranks are found once for all of them.
    ///
    /// # Errors
    /// As `column`.
    pub fn columns(&self, table: usize, columns: &[usize], rows: &[u64]) -> Result<Vec<ArrayRef>> {
        self.attempted(table, columns, rows, Attempt::FIRST)
    }

    /// Some columns at any rows, as they are where the columns of retry `retry` are drawn for the `number`-th time
    /// after the first; attempt 0 is the row as it is. Columns made of those follow them.
    ///
    /// # Errors
    /// As `column`; also where there is no such retry.
    pub fn again(
        &self,
        table: usize,
        columns: &[usize],
        rows: &[u64],
        (retry, number): (usize, u64),
    ) -> Result<Vec<ArrayRef>> {
        let found = &self.tables[table];
        let fresh = found.retries.get(retry);
        let fresh = fresh.ok_or_else(|| Error::run(&found.name, format!("there is no retry {retry}")))?;
        self.attempted(table, columns, rows, Attempt { columns: fresh, number })
    }

    /// One column's values at any rows, NULLs left out, under given ranks of some nodes: an array per entry of `ranks`.
    ///
    /// # Errors
    /// As `column`.
    pub fn under(
        &self,
        table: usize,
        column: usize,
        rows: &[u64],
        nodes: &[usize],
        ranks: impl Iterator<Item = Vec<Vec<f64>>>,
    ) -> Result<Vec<ArrayRef>> {
        let mut block = Block::new(self, table, &[column], rows, Attempt::FIRST);
        ranks.map(|ranks| block.under(column, nodes, ranks)).collect()
    }

    fn attempted(
        &self,
        table: usize,
        columns: &[usize],
        rows: &[u64],
        attempt: Attempt<'_>,
    ) -> Result<Vec<ArrayRef>> {
        let found = &self.tables[table];
        if let Some(row) = rows.iter().find(|row| **row >= found.rows) {
            return Err(Error::run(&found.name, format!("row {row} is past its {} rows", found.rows)));
        }
        let mut block = Block::new(self, table, columns, rows, attempt);
        columns.iter().map(|column| block.cells(*column)).collect()
    }

    /// Rows `start <= row < stop` as one batch; all columns where `columns` is None.
    ///
    /// # Errors
    /// As `column`; also where a text or binary column would hold more than 2^31 bytes.
    pub fn batch(
        &self,
        table: usize,
        start: u64,
        stop: u64,
        columns: Option<&[usize]>,
    ) -> Result<RecordBatch> {
        let schema = self.projected(table, columns)?;
        let batches = self.batches(table, start, stop, columns)?;
        arrow_select::concat::concat_batches(&schema, &batches)
            .map_err(|error| Error::run(&self.tables[table].name, format!("rows {start}..{stop}: {error}")))
    }

    /// Rows `start <= row < stop`, made in blocks: one batch, or where that would be very large a few.
    ///
    /// # Errors
    /// As `column`.
    pub fn batches(
        &self,
        table: usize,
        start: u64,
        stop: u64,
        columns: Option<&[usize]>,
    ) -> Result<Vec<RecordBatch>> {
        let schema = self.projected(table, columns)?;
        let failed = |error| Error::run(&self.tables[table].name, format!("rows {start}..{stop}: {error}"));
        let all: Vec<usize> = (0..self.tables[table].columns.len()).collect();
        let columns = columns.unwrap_or(&all);
        let (mut batches, mut blocks, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut from = start;
        while from < stop {
            let to = stop.min(from.saturating_add(BLOCK_ROWS));
            let rows: Vec<u64> = (from..to).collect();
            let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
            let arrays = self.columns(table, columns, &rows)?;
            let block =
                RecordBatch::try_new_with_options(schema.clone(), arrays, &options).map_err(failed)?;
            bytes += block.get_array_memory_size();
            blocks.push(block);
            from = to;
            if bytes > BATCH_BYTES || from == stop {
                batches.push(arrow_select::concat::concat_batches(&schema, &blocks).map_err(failed)?);
                blocks.clear();
                bytes = 0;
            }
        }
        Ok(batches)
    }

    fn projected(&self, table: usize, columns: Option<&[usize]>) -> Result<SchemaRef> {
        let found = &self.tables[table];
        let Some(columns) = columns else { return Ok(found.schema.clone()) };
        let schema =
            found.schema.project(columns).map_err(|error| Error::run(&found.name, error.to_string()))?;
        Ok(Arc::new(schema))
    }
}

/// The columns of a retry by index. Keys, references and times stand for other rows: they can't be drawn anew.
fn retried(table: &plan::Table, columns: &[Column], retry: &plan::Retry) -> Result<Vec<usize>> {
    let index = |name: &String| {
        let found = columns.iter().position(|column| column.name == *name);
        let drawn =
            found.filter(|index| matches!(columns[*index].rule, Rule::Value { .. } | Rule::After { .. }));
        let place = format!("{}.{name}", table.name);
        drawn.ok_or_else(|| {
            Error::plan(place, "a retry needs a column that is drawn by a codec or after a time")
        })
    };
    retry.columns.iter().map(index).collect()
}
