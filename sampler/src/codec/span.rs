//! Ranges as text: a lower bound, and an upper one above it.

use super::draw::inner;
use super::types::{self, Class, DAY, class};
use super::{Codec, Input, Scope, display, numeric};
use crate::error::{Error, Result};
use crate::plan;
use crate::rng::Key;
use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use std::sync::Arc;

/// The most pieces of a multirange.
const MOST: usize = 64;

#[derive(Debug)]
pub struct Span {
    item: DataType,
    low: Box<Codec>,
    width: Box<Codec>,
    empty: f64,
    open: f64,
    count: Option<(usize, usize)>,
    serial: Option<(i128, i128)>,
    key: Key,
}

/// The bounds of one piece of every cell.
type Piece = (ArrayRef, ArrayRef);

impl Span {
    pub fn compile(spec: &plan::Codec, scope: &Scope<'_>) -> Result<Self> {
        let plan::Codec::Span { item, low, width, empty, open, count, serial } = spec else {
            return Err(scope.error("not a span codec"));
        };
        let data_type =
            types::parse(item).ok_or_else(|| scope.error(format!("there is no type \"{item}\"")))?;
        let measured = match class(&data_type) {
            Class::Exact | Class::Float => data_type.clone(),
            Class::Time if !matches!(data_type, DataType::Interval(_)) => DataType::Int64,
            _ => return Err(scope.error(format!("a span of type {data_type} has no order"))),
        };
        if ![empty, open].into_iter().all(|share| (0.0..=1.0).contains(share)) {
            return Err(scope.error("empty, open: expected shares in 0..1"));
        }
        if count.is_some_and(|(least, most)| least > most || most > MOST) {
            return Err(Error::plan(scope.place, format!("count: expected low <= high <= {MOST}")));
        }
        Ok(Self {
            low: Box::new(Codec::compile(low, &data_type, &scope.inside("low"))?),
            width: Box::new(Codec::compile(width, &measured, &scope.inside("width"))?),
            item: data_type,
            empty: *empty,
            open: *open,
            count: *count,
            serial: serial.map(|(start, step)| (start.into(), step.into())),
            key: scope.key.child("span"),
        })
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let pieces = self.pieces(input);
        let (least, most) = self.count.unwrap_or((1, 1));
        let mut out = StringBuilder::new();
        let mut scratch = String::new();
        for (index, address) in input.addresses.iter().enumerate() {
            let words = self.key.words(*address, 0);
            let [empty, open] = [words[0], words[1]].map(|word| f64::from(word) / 4_294_967_296.0);
            let count = least + ((u64::from(words[2]) * (most - least + 1) as u64) >> 32) as usize;
            scratch.clear();
            scratch.push_str(if self.count.is_some() { "{" } else { "" });
            if empty < self.empty {
                scratch.push_str(if self.count.is_some() { "" } else { "empty" });
            } else {
                for (k, piece) in pieces[..count].iter().enumerate() {
                    scratch.push_str(if k > 0 { "," } else { "" });
                    self.write(piece, index, k + 1 == count && open < self.open, &mut scratch);
                }
            }
            scratch.push_str(if self.count.is_some() { "}" } else { "" });
            out.append_value(&scratch);
        }
        Arc::new(out.finish())
    }

    /// As many pieces as any cell has, one above the other with gaps between them.
    fn pieces(&self, input: &Input<'_>) -> Vec<Piece> {
        let mut low = match self.serial {
            None => self.low.evaluate(input),
            Some((start, step)) => {
                types::scaled(&self.item, input.rows.iter().map(|row| start + step * i128::from(*row)), None)
            }
        };
        let most = self.count.map_or(1, |(_, most)| most);
        let mut pieces = Vec::with_capacity(most);
        for k in 0..most as u64 {
            let high = self.above(&low, input, 2 * k);
            let next = if k + 1 < most as u64 { self.above(&high, input, 2 * k + 1) } else { high.clone() };
            pieces.push((low, high));
            low = next;
        }
        pieces
    }

    /// Values above `low` by a width of their own, by the type's smallest step at least.
    fn above(&self, low: &ArrayRef, input: &Input<'_>, item: u64) -> ArrayRef {
        let addresses: Vec<u64> = input.addresses.iter().map(|address| inner(*address, item)).collect();
        let key = self.key.child("width");
        let ranks = addresses.iter().map(|address| key.uniform(*address, 0));
        let ranks: Vec<f64> = ranks.collect();
        let widths = self.width.evaluate(&Input { addresses: &addresses, ranks: &ranks, ..*input });
        if class(&self.item) == Class::Float {
            let sums = numeric::reals(low).into_iter().zip(numeric::reals(&widths));
            return types::reals(&self.item, sums.map(|(low, width)| low + width.max(0.0)), None);
        }
        let least = if self.item == DataType::Date32 { i128::from(DAY) } else { 1 };
        let sums = numeric::exact(low).into_iter().zip(numeric::exact(&widths));
        // A time of day has nothing above its last microsecond, and must not wrap.
        let most = if matches!(self.item, DataType::Time64(_)) { i128::from(DAY) - 1 } else { i128::MAX };
        types::scaled(&self.item, sums.map(|(low, width)| (low + width.max(least)).min(most)), None)
    }

    fn write(&self, (low, high): &Piece, index: usize, open: bool, out: &mut String) {
        out.push('[');
        self.bound(low, index, out);
        out.push(',');
        if !open {
            self.bound(high, index, out);
        }
        out.push(')');
    }

    fn bound(&self, array: &ArrayRef, index: usize, out: &mut String) {
        let quoted = matches!(array.data_type(), DataType::Timestamp(..));
        out.push_str(if quoted { "\"" } else { "" });
        display::plain(array, index, out);
        if matches!(array.data_type(), DataType::Timestamp(_, Some(_))) {
            out.push_str("+00");
        }
        out.push_str(if quoted { "\"" } else { "" });
    }
}
