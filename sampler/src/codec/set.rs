//! Several labels of one list, in the order of the list, joined by commas.

use super::draw::{Draws, Steps};
use super::{Input, Scope};
use crate::error::Result;
use crate::rng::Key;
use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;
use std::sync::Arc;

#[derive(Debug)]
pub struct Set {
    labels: Vec<String>,
    steps: Steps,
    p: f64,
    key: Key,
}

impl Set {
    pub fn compile(labels: &[String], weights: &[f64], p: f64, scope: &Scope<'_>) -> Result<Self> {
        let steps = Steps::from_weights(weights).filter(|_| labels.len() == weights.len());
        let steps = steps
            .ok_or_else(|| scope.error("a set needs labels with a weight each, 0 or more, not all 0"))?;
        if !(0.0..=1.0).contains(&p) {
            return Err(scope.error(format!("p: expected a probability, not {p}")));
        }
        Ok(Self { labels: labels.to_vec(), steps, p, key: scope.key.child("set") })
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let mut out = StringBuilder::new();
        let mut scratch = String::new();
        for (address, rank) in input.addresses.iter().zip(input.ranks) {
            scratch.clear();
            let first = self.steps.find(*rank);
            let mut draws = Draws::new(self.key, *address);
            for (index, label) in self.labels.iter().enumerate() {
                // Every label has its draw, so that one more label at the end moves nothing before it.
                if draws.uniform() < self.p || index == first {
                    scratch.push_str(if scratch.is_empty() { "" } else { "," });
                    scratch.push_str(label);
                }
            }
            out.append_value(&scratch);
        }
        Arc::new(out.finish())
    }
}
