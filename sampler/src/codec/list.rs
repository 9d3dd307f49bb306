//! Lists: the items of all cells are made as one flat column.

use super::draw::{Draws, inner, inner_rank};
use super::{Codec, Input, Scope};
use crate::error::Result;
use crate::plan;
use crate::rng::Key;
use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};
use std::sync::Arc;

/// The most items of one cell.
const MOST: usize = 1 << 16;

#[derive(Debug)]
pub struct List {
    codec: Box<Codec>,
    field: Arc<Field>,
    low: usize,
    high: usize,
    key: Key,
}

impl List {
    pub fn compile(
        item: &plan::Codec,
        (low, high): (usize, usize),
        data_type: &DataType,
        scope: &Scope<'_>,
    ) -> Result<Self> {
        let DataType::List(field) = data_type else {
            return Err(scope.error(format!("a list can't fill a column of type {data_type}")));
        };
        if low > high || high > MOST {
            return Err(scope.error(format!("expected low <= high <= {MOST} items, not {low}..{high}")));
        }
        let codec = Codec::compile(item, field.data_type(), &scope.inside("item"))?;
        Ok(Self { codec: Box::new(codec), field: field.clone(), low, high, key: scope.key.child("list") })
    }

    pub fn item(&self) -> &Codec {
        &self.codec
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        Arc::new(self.lists(input))
    }

    pub fn lists(&self, input: &Input<'_>) -> ListArray {
        let (counts, ranks_key) = (self.key, self.key.child("rank"));
        let (mut rows, mut addresses, mut ranks, mut positions) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut lengths = Vec::with_capacity(input.addresses.len());
        for (index, address) in input.addresses.iter().enumerate() {
            let length = self.low + Draws::new(counts, *address).below(self.high - self.low + 1);
            lengths.push(length);
            for item in 0..length as u64 {
                rows.push(input.rows[index]);
                addresses.push(inner(*address, item));
                ranks.push(inner_rank(ranks_key, *address, item, input.ranks[index]));
                positions.push(input.position(index) as u32);
            }
        }
        let items = self.codec.evaluate(&Input {
            rows: &rows,
            addresses: &addresses,
            ranks: &ranks,
            positions: Some(&positions),
            ..*input
        });
        ListArray::new(self.field.clone(), OffsetBuffer::from_lengths(lengths), items, None)
    }
}
