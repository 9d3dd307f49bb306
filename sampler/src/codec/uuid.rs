//! UUIDs (RFC 9562), distinct by construction: 64 of the free bits are a bijection of the row number under the column's
//! key, the rest is random (version 4) or the row's time (version 7).

use super::{Input, Scope, types};
use crate::error::Result;
use crate::permute::mix;
use crate::rng::Key;
use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, BinaryArray};
use arrow_schema::DataType;
use std::sync::Arc;

#[derive(Debug)]
pub struct Uuid {
    ordered: bool,
    binary: bool,
    key: Key,
}

impl Uuid {
    pub fn compile(version: u8, data_type: &DataType, scope: &Scope<'_>) -> Result<Self> {
        if version != 4 && version != 7 {
            return Err(scope.error(format!("UUIDs of version 4 or 7, not {version}")));
        }
        let binary = types::class(data_type) == types::Class::Binary;
        Ok(Self { ordered: version == 7, binary, key: scope.key.child("uuid") })
    }

    /// The version 4 codec of a column that is known by name alone.
    pub fn of_column(seed: u64, table: &str, column: &str) -> Self {
        let key = Key::new(seed, &[table, column, "value"]).child("uuid");
        Self { ordered: false, binary: true, key }
    }

    /// The UUID of version 4 at `address`, as a number in the order of its text.
    pub fn random(&self, address: u64) -> u128 {
        self.bits(address, 0)
    }

    pub fn timed(&self) -> bool {
        self.ordered
    }

    /// The 128 bits. All 64 bits of the bijection survive: version 4 keeps 60 before the variant and 4 behind it,
    /// version 7 keeps 12 and 52.
    #[inline]
    fn bits(&self, address: u64, time: i64) -> u128 {
        // Adding a constant, mixing, and flipping bits are bijections of 64 bits each.
        let unique = mix(mix(address.wrapping_add(self.key.0)) ^ self.key.0.rotate_left(32));
        let (high, low) = if self.ordered {
            let millis = (time.max(0) / 1000) as u64;
            (
                millis << 16 | 0x7000 | unique >> 52,
                unique & (u64::MAX >> 12) | (self.key.bits(address, 0) << 52),
            )
        } else {
            let head = unique >> 4;
            (head >> 12 << 16 | 0x4000 | head & 0xFFF, unique & 15 | self.key.bits(address, 0) << 4)
        };
        u128::from(high) << 64 | u128::from(low & (u64::MAX >> 2) | 1 << 63)
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let count = input.addresses.len();
        let time = |index| if self.ordered { input.time(index) } else { 0 };
        if self.binary {
            let all = input
                .addresses
                .iter()
                .enumerate()
                .map(|(k, address)| self.bits(*address, time(k)).to_be_bytes());
            return Arc::new(BinaryArray::from_iter_values(all));
        }
        let mut out = StringBuilder::with_capacity(count, count * 36);
        for (index, address) in input.addresses.iter().enumerate() {
            let text = hyphenated(self.bits(*address, time(index)));
            out.append_value(std::str::from_utf8(&text).unwrap_or_default());
        }
        Arc::new(out.finish())
    }
}

fn hyphenated(bits: u128) -> [u8; 36] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = [b'-'; 36];
    let mut at = 0;
    for (index, byte) in bits.to_be_bytes().into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            at += 1;
        }
        out[at] = DIGITS[usize::from(byte >> 4)];
        out[at + 1] = DIGITS[usize::from(byte & 15)];
        at += 2;
    }
    out
}
