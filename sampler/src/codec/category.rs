//! Booleans and categories: planned frequencies, chosen by rank.

use super::draw::Steps;
use super::{Input, Scope, literal, types};
use crate::error::Result;
use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_schema::DataType;

#[derive(Debug)]
pub struct Bool {
    data_type: DataType,
    threshold: f64,
}

impl Bool {
    pub fn compile(p: f64, data_type: &DataType, scope: &Scope<'_>) -> Result<Self> {
        if !(0.0..=1.0).contains(&p) {
            return Err(scope.error(format!("p: expected a probability, not {p}")));
        }
        Ok(Self { data_type: data_type.clone(), threshold: 1.0 - p })
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let values = input.ranks.iter().map(|rank| i128::from(*rank > self.threshold));
        types::integers(&self.data_type, values, None)
    }
}

/// The labels are an array of the column's own type already: a cell is one index.
#[derive(Debug)]
pub struct Category {
    labels: ArrayRef,
    steps: Steps,
}

impl Category {
    pub fn compile(
        labels: &[String],
        weights: &[f64],
        data_type: &DataType,
        scope: &Scope<'_>,
    ) -> Result<Self> {
        if labels.is_empty() || labels.len() != weights.len() {
            let (labels, weights) = (labels.len(), weights.len());
            return Err(scope.error(format!("expected a weight for each label, not {labels} and {weights}")));
        }
        let steps = Steps::from_weights(weights).ok_or_else(|| {
            scope.error("weights: expected finite numbers, none below 0, one at least above")
        })?;
        Ok(Self { labels: parsed(labels, data_type, scope)?, steps })
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let chosen: UInt32Array =
            input.ranks.iter().map(|rank| Some(self.steps.find(*rank) as u32)).collect();
        pick(&self.labels, &chosen)
    }
}

/// `labels` as values of `data_type`.
pub fn parsed(labels: &[String], data_type: &DataType, scope: &Scope<'_>) -> Result<ArrayRef> {
    let texts: Vec<&str> = labels.iter().map(String::as_str).collect();
    literal::array(data_type, &texts)
        .map_err(|label| scope.error(format!("the label \"{label}\" is no value of type {data_type}")))
}

/// `values[indices]`; indices are in range by construction.
pub fn pick(values: &ArrayRef, indices: &UInt32Array) -> ArrayRef {
    arrow_select::take::take(values, indices, None)
        .unwrap_or_else(|_| arrow_array::new_null_array(values.data_type(), indices.len()))
}
