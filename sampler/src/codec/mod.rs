//! From latent rank to cell: what stands in a plan as a codec, made ready once and evaluated in blocks.
//!
//! A codec is a pure function of a cell's rank and of random numbers addressed by the row. One kind is one file; a new
//! one needs a variant in `plan::Codec`, one here, and a line in `compile` and in `evaluate`.

mod bytes;
pub mod calendar;
mod category;
mod counter;
pub mod display;
pub mod draw;
mod fold;
mod json;
mod list;
pub mod literal;
mod number;
pub mod numeric;
mod prose;
mod record;
mod set;
mod span;
#[cfg(test)]
mod tests;
mod text;
pub mod types;
mod uuid;
pub mod words;

pub use category::pick;
pub use uuid::Uuid;

use crate::error::{Error, Result};
use crate::plan::{self, Micros};
use crate::rng::Key;
use arrow_array::ArrayRef;
use arrow_schema::DataType;
use types::{Class, class};
use words::Lists;

/// What a codec is made with: where it stands, its key, and what names in it mean.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// "table.column", for errors.
    pub place: &'a str,
    pub key: Key,
    /// Rows of the table.
    pub rows: u64,
    pub lists: &'a Lists,
    /// The index of another column of the row.
    pub column: &'a dyn Fn(&str) -> Result<usize>,
}

impl Scope<'_> {
    fn error(&self, message: impl Into<String>) -> Error {
        Error::plan(self.place, message)
    }

    fn inside(&self, name: &str) -> Self {
        Self { key: self.key.child(name), ..*self }
    }
}

/// The cells to make: one entry per cell in each slice.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The row each cell belongs to.
    pub rows: &'a [u64],
    /// Where its random numbers are: the row, or for the items of a list a mix of row and item.
    pub addresses: &'a [u64],
    /// In (0, 1).
    pub ranks: &'a [f64],
    /// The cell's place in `times` and `cells`, where that is not its own index.
    pub positions: Option<&'a [u32]>,
    /// Times of the block's rows; empty unless `Codec::timed`.
    pub times: &'a [Micros],
    /// The block's columns, those of `Codec::columns` present.
    pub cells: &'a [Option<ArrayRef>],
}

impl Input<'_> {
    #[inline]
    fn position(&self, index: usize) -> usize {
        self.positions.map_or(index, |positions| positions[index] as usize)
    }

    fn time(&self, index: usize) -> Micros {
        self.times.get(self.position(index)).copied().unwrap_or(0)
    }
}

#[derive(Debug)]
pub enum Codec {
    Number(number::Number),
    Bool(category::Bool),
    Category(category::Category),
    Text(text::Text),
    Uuid(uuid::Uuid),
    Json(json::Json),
    Bytes(bytes::Bytes),
    List(list::List),
    Counter(counter::Counter),
    Span(span::Span),
    Set(set::Set),
    Record(record::Record),
}

impl Codec {
    /// The codec for a column of `data_type`.
    ///
    /// # Errors
    /// `Error::Plan` with the scope's place where the two don't go together, a vocabulary or column is unknown, a label
    /// doesn't parse, or numbers make no sense; `Error::Impossible` where a serial number can't fit its length.
    pub fn compile(spec: &plan::Codec, data_type: &DataType, scope: &Scope<'_>) -> Result<Self> {
        let kind = class(data_type);
        let (name, fits) = match spec {
            plan::Codec::Number { .. } => {
                ("number", !matches!(kind, Class::Bool | Class::Binary | Class::List))
            }
            plan::Codec::Bool { .. } => ("bool", matches!(kind, Class::Bool | Class::Exact | Class::Float)),
            plan::Codec::Category { .. } => ("category", kind != Class::List),
            plan::Codec::Text { .. } => ("text", matches!(kind, Class::Text | Class::Binary)),
            plan::Codec::Uuid { .. } => ("uuid", matches!(kind, Class::Text | Class::Binary)),
            plan::Codec::Json { .. } => ("json", kind == Class::Text),
            plan::Codec::Bytes { .. } => ("bytes", matches!(kind, Class::Text | Class::Binary)),
            plan::Codec::List { .. } => ("list", kind == Class::List),
            plan::Codec::Counter { .. } => {
                ("counter", !matches!(kind, Class::Bool | Class::Binary | Class::List))
            }
            plan::Codec::Span { .. } => ("span", kind == Class::Text),
            plan::Codec::Set { .. } => ("set", kind == Class::Text),
            plan::Codec::Record { .. } => ("record", kind == Class::Text),
        };
        if !fits {
            return Err(scope.error(format!("the codec \"{name}\" can't fill a column of type {data_type}")));
        }
        Ok(match spec {
            plan::Codec::Number { .. } => Self::Number(number::Number::compile(spec, data_type, scope)?),
            plan::Codec::Bool { p } => Self::Bool(category::Bool::compile(*p, data_type, scope)?),
            plan::Codec::Category { labels, weights } => {
                Self::Category(category::Category::compile(labels, weights, data_type, scope)?)
            }
            plan::Codec::Text { segments, max_length, min_length } => {
                Self::Text(text::Text::compile(segments, *max_length, *min_length, data_type, scope)?)
            }
            plan::Codec::Uuid { version } => Self::Uuid(uuid::Uuid::compile(*version, data_type, scope)?),
            plan::Codec::Json { fields, array } => Self::Json(json::Json::compile(fields, *array, scope)?),
            plan::Codec::Bytes { low, high, serial } => {
                Self::Bytes(bytes::Bytes::compile((*low, *high), *serial, data_type, scope)?)
            }
            plan::Codec::List { item, low, high } => {
                Self::List(list::List::compile(item, (*low, *high), data_type, scope)?)
            }
            plan::Codec::Counter { start, step } => {
                Self::Counter(counter::Counter::new(*start, *step, data_type))
            }
            plan::Codec::Span { .. } => Self::Span(span::Span::compile(spec, scope)?),
            plan::Codec::Set { labels, weights, p } => {
                Self::Set(set::Set::compile(labels, weights, *p, scope)?)
            }
            plan::Codec::Record { members, form } => {
                Self::Record(record::Record::compile(members, *form, scope)?)
            }
        })
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        match self {
            Self::Number(codec) => codec.evaluate(input),
            Self::Bool(codec) => codec.evaluate(input),
            Self::Category(codec) => codec.evaluate(input),
            Self::Text(codec) => codec.evaluate(input),
            Self::Uuid(codec) => codec.evaluate(input),
            Self::Json(codec) => codec.evaluate(input),
            Self::Bytes(codec) => codec.evaluate(input),
            Self::List(codec) => codec.evaluate(input),
            Self::Counter(codec) => codec.evaluate(input),
            Self::Span(codec) => codec.evaluate(input),
            Self::Set(codec) => codec.evaluate(input),
            Self::Record(codec) => codec.evaluate(input),
        }
    }

    /// The columns of the row that its cells are made of.
    pub fn columns(&self) -> Vec<usize> {
        match self {
            Self::Text(codec) => codec.columns(),
            Self::Json(codec) => codec.members().flat_map(Self::columns).collect(),
            Self::List(codec) => codec.item().columns(),
            Self::Record(codec) => codec.members().flat_map(Self::columns).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it needs the rows' times.
    pub fn timed(&self) -> bool {
        match self {
            Self::Uuid(codec) => codec.timed(),
            Self::Json(codec) => codec.members().any(Self::timed),
            Self::List(codec) => codec.item().timed(),
            Self::Record(codec) => codec.members().any(Self::timed),
            _ => false,
        }
    }
}

/// The members of a document, each as a column; their ranks hang on the document's own.
fn members<'a>(codecs: impl Iterator<Item = &'a Codec>, key: Key, input: &Input<'_>) -> Vec<ArrayRef> {
    let mut ranks = input.ranks.to_vec();
    let evaluated = codecs.enumerate().map(|(item, codec)| {
        let cells = ranks.iter_mut().zip(input.addresses).zip(input.ranks);
        cells.for_each(|((rank, address), own)| *rank = draw::inner_rank(key, *address, item as u64, *own));
        codec.evaluate(&Input { ranks: &ranks, ..*input })
    });
    evaluated.collect()
}
