//! Record batches as the bytes that a server's bulk load takes: PostgreSQL's COPY in its binary form (`binary`) or as
//! text, and MySQL's LOAD DATA (`text`). A batch in, bytes out; nothing is kept between batches.

pub mod binary;
pub mod text;

use crate::error::{Error, Result};
use arrow_array::RecordBatch;

/// How rows are to be written. `columns` are in the order of the batch's.
#[derive(Debug, Clone)]
pub enum Form {
    Binary(Vec<binary::Target>),
    Text(text::Style, Vec<text::Target>),
}

/// All rows of `batch`.
pub fn encode(batch: &RecordBatch, form: &Form) -> Result<Vec<u8>> {
    let expected = match form {
        Form::Binary(targets) => targets.len(),
        Form::Text(_, targets) => targets.len(),
    };
    if expected != batch.num_columns() {
        return Err(Error::run("bulk", format!("{} columns for {expected}", batch.num_columns())));
    }
    match form {
        Form::Binary(targets) => binary::rows(batch, targets),
        Form::Text(style, targets) => Ok(text::rows(batch, *style, targets)),
    }
}
