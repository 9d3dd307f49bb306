//! What a database knows behind its cells: latents, causes, functions, and what cells might have been.

use crate::database::{Database, within};
use crate::error::{Error, Result};
use crate::world::{Keys, NONE};
use arrow_array::{ArrayRef, Float32Array, Float64Array, RecordBatch, TimestampMicrosecondArray};
use arrow_array::{UInt32Array, UInt64Array};
use arrow_select::concat::{concat, concat_batches};
use std::ops::Range;
use std::sync::Arc;

/// Rows of a table whose latents one thread evaluates at a time.
const PART: u64 = 8192;

/// What is drawn anew for a column: its table, the nodes that are free, and whether nodes that are not weigh a draw.
#[derive(Debug, Clone)]
pub struct Redraw {
    pub table: String,
    pub column: String,
    pub free: Vec<String>,
    /// The nodes whose ranks are given with the values.
    pub asked: Vec<String>,
    pub weigh: bool,
}

impl Database {
    /// Per row: `row`; `time` where the table has time; `latent:NODE` of every node (a category's index where it is one);
    /// `parent:LINK`, the row that the link's values were read from, NULL where there is none; `trait:LINK`, that row's
    /// hidden trait, where it is a cause.
    ///
    /// # Errors
    /// `Error::Run` where the table or the rows don't exist.
    pub fn latents(&self, table: &str, rows: Range<u64>) -> Result<RecordBatch> {
        let index = self.table(table)?;
        within(table, rows.clone(), self.cells().rows(index))?;
        let starts: Vec<u64> = (rows.start..rows.end.max(rows.start + 1)).step_by(PART as usize).collect();
        let make = |start: &u64| {
            let rows: Vec<u64> = (*start..rows.end.min(start + PART)).collect();
            self.latent_rows(index, &rows).map_err(|error| Error::run(table, error.to_string()))
        };
        let made = self.shared(table, &starts, make)?;
        concat_batches(&made[0].schema(), &made).map_err(|error| Error::run(table, error.to_string()))
    }

    fn latent_rows(
        &self,
        index: usize,
        rows: &[u64],
    ) -> std::result::Result<RecordBatch, arrow_schema::ArrowError> {
        let models = self.models();
        let mut columns: Vec<(String, ArrayRef)> =
            vec![("row".into(), Arc::new(UInt64Array::from(rows.to_vec())))];
        if self.is_timed(index) {
            let mut times = Vec::new();
            self.keys().times(index, rows, &mut times);
            columns.push(("time".into(), Arc::new(TimestampMicrosecondArray::from(times))));
        }
        for ((name, categories), latents) in models.nodes(index).zip(models.latents(index, rows)) {
            let array: ArrayRef = if categories > 0 {
                Arc::new(latents.into_iter().map(|x| Some(x as u32)).collect::<UInt32Array>())
            } else {
                Arc::new(Float32Array::from(latents))
            };
            columns.push((format!("latent:{name}"), array));
        }
        for (name, link, hidden) in models.doors(index, rows) {
            let mut parents = Vec::new();
            self.keys().parents(index, link, rows, &mut parents);
            let parents = parents.into_iter().map(|parent| (parent != NONE).then_some(parent));
            columns.push((format!("parent:{name}"), Arc::new(parents.collect::<UInt64Array>())));
            if let Some(hidden) = hidden {
                let hidden = hidden.into_iter().map(|x| (!x.is_nan()).then_some(x));
                columns.push((format!("trait:{name}"), Arc::new(hidden.collect::<Float32Array>())));
            }
        }
        // Which of them can be NULL must not hang on the rows asked for.
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| {
            let nullable = name.starts_with("parent:") || name.starts_with("trait:");
            (name, array, nullable)
        }))
    }

    /// Draws `draws` of a column's cell at `rows`, draw after draw: its `value` (NULLs left out), the logarithm of its
    /// `weight` up to a constant of the row, and the `rank:NODE` of each node asked for.
    ///
    /// # Errors
    /// `Error::Run` where the table, the column, a row, a node or a trait doesn't exist, or a density can't be had.
    pub fn redraw(&self, redraw: &Redraw, rows: &[u64], draws: Range<u64>) -> Result<RecordBatch> {
        let Redraw { table, column, free, asked, weigh } = redraw;
        let request = self.request(table, (0, Some(0)), None, Some(std::slice::from_ref(column)))?;
        let index = request.table;
        let column = request.columns.unwrap_or_default()[0];
        let question = self.models().question(index, free, asked, *weigh)?;
        let failed = |error: arrow_schema::ArrowError| Error::run(table, error.to_string());
        let share = (draws.end - draws.start).div_ceil(self.threads() as u64).max(1);
        let starts: Vec<u64> =
            (draws.start..draws.end.max(draws.start + 1)).step_by(share as usize).collect();
        let make = |start: &u64| {
            let draws = *start..draws.end.min(start + share);
            let drawn = self.models().redraw(index, &question, rows, draws);
            let ranks = || drawn.iter().map(|(ranks, _)| ranks.clone());
            let values = self.cells().under(index, column, rows, &question.asked, ranks())?;
            let values: Vec<&dyn arrow_array::Array> = values.iter().map(|array| &**array).collect();
            let weights = drawn.iter().flat_map(|(_, weights)| weights).copied();
            let mut columns: Vec<(String, ArrayRef)> = vec![
                ("value".into(), concat(&values).map_err(failed)?),
                ("weight".into(), Arc::new(Float32Array::from_iter_values(weights))),
            ];
            for (place, name) in asked.iter().enumerate() {
                let ranks = drawn.iter().flat_map(|(ranks, _)| &ranks[place]).copied();
                columns.push((format!("rank:{name}"), Arc::new(Float64Array::from_iter_values(ranks))));
            }
            RecordBatch::try_from_iter_with_nullable(
                columns.into_iter().map(|(name, array)| (name, array, true)),
            )
            .map_err(failed)
        };
        let made = self.shared(table, &starts, make)?;
        concat_batches(&made[0].schema(), &made).map_err(failed)
    }
}
