//! Random bytes; hexadecimal digits in a text column.

use super::draw::Draws;
use super::{Input, Scope, display, types};
use crate::error::{Error, Result};
use crate::permute::mix;
use crate::rng::Key;
use arrow_array::ArrayRef;
use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_schema::DataType;
use std::sync::Arc;

#[derive(Debug)]
pub struct Bytes {
    low: usize,
    high: usize,
    serial: bool,
    hex: bool,
    key: Key,
}

impl Bytes {
    pub fn compile(
        (low, high): (usize, usize),
        serial: bool,
        data_type: &DataType,
        scope: &Scope<'_>,
    ) -> Result<Self> {
        if low > high || high > MOST {
            return Err(scope.error(format!("expected low <= high <= {MOST} bytes, not {low}..{high}")));
        }
        // Shorter values must be told apart by their bytes alone: all of them carry the number, in `low` bytes or more.
        let largest = scope.rows.saturating_sub(1);
        if serial && low < 8 && largest >> (8 * low) > 0 {
            let rows = 1_u64 << (8 * low);
            return Err(Error::impossible(
                scope.place,
                format!("{low} bytes tell {rows} rows apart, not {}", scope.rows),
            ));
        }
        let hex = types::class(data_type) == types::Class::Text;
        Ok(Self { low, high, serial, hex, key: scope.key.child("bytes") })
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let count = input.addresses.len();
        let mut scratch = Vec::with_capacity(self.high);
        let (mut binary, mut text) = (BinaryBuilder::with_capacity(count, 0), StringBuilder::new());
        let mut digits = String::new();
        for (row, address) in input.rows.iter().zip(input.addresses) {
            let mut draws = Draws::new(self.key, *address);
            let length = self.low + draws.below(self.high - self.low + 1);
            scratch.clear();
            if self.serial {
                // With room for all 64 bits the number is scrambled, by a bijection.
                let number = if self.low < 8 { *row } else { mix(row.wrapping_add(self.key.0)) };
                scratch.extend_from_slice(&number.to_be_bytes()[8 - self.low.min(8)..]);
            }
            while scratch.len() < length {
                let word = draws.bits().to_le_bytes();
                scratch.extend_from_slice(&word[..(length - scratch.len()).min(4)]);
            }
            if self.hex {
                digits.clear();
                display::hex(&scratch, &mut digits);
                text.append_value(&digits);
            } else {
                binary.append_value(&scratch);
            }
        }
        if self.hex { Arc::new(text.finish()) } else { Arc::new(binary.finish()) }
    }
}

/// The most bytes of one cell: a block of rows stays below Arrow's 32-bit offsets.
const MOST: usize = 1 << 20;
