//! The row number as a value: what makes lists and records distinct that hold it.

use super::{Input, types};
use arrow_array::ArrayRef;
use arrow_schema::DataType;

#[derive(Debug)]
pub struct Counter {
    data_type: DataType,
    start: i128,
    step: i128,
}

impl Counter {
    pub fn new(start: i64, step: i64, data_type: &DataType) -> Self {
        Self { data_type: data_type.clone(), start: start.into(), step: step.into() }
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let values = input.rows.iter().map(|row| self.start + self.step * i128::from(*row));
        types::integers(&self.data_type, values, None)
    }
}
