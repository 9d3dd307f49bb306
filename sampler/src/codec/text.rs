//! Text of segments, written into one buffer for the whole block.

use super::draw::{Draws, Steps, slot};
use super::fold::slug;
use super::prose::Prose;
use super::types::{Class, class};
use super::words::Words;
use super::{Input, Scope, display};
use crate::error::{Error, Result};
use crate::permute::Perm;
use crate::plan::{By, Form, Segment};
use crate::rng::Key;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;
use std::fmt::Write;
use std::sync::Arc;

/// The most characters of one segment, so that a block of rows stays below Arrow's 32-bit offsets.
const MOST: usize = 1 << 16;

#[derive(Debug)]
pub struct Text {
    parts: Vec<Part>,
    max_length: usize,
    min_length: usize,
    binary: bool,
    key: Key,
}

#[derive(Debug)]
enum Part {
    Lit(String),
    Vocab { words: Arc<Words>, by_rank: bool, steps: Option<Steps> },
    Chars { alphabet: Words, count: usize },
    Serial(Serial),
    Cell { column: usize, form: Form },
    Prose(Prose),
    Num { low: i64, span: u64, width: usize },
    Groups(Groups),
}

/// The row number in the places of a large base, as a network address has them.
#[derive(Debug)]
struct Groups {
    base: u64,
    count: usize,
    mark: String,
    hex: bool,
    width: usize,
    start: u64,
}

impl Groups {
    fn write(&self, row: u64, out: &mut String) {
        let number = u128::from(self.start) + u128::from(row);
        for place in (0..self.count as u32).rev() {
            let base = u128::from(self.base);
            let digit = base.checked_pow(place).map_or(0, |unit| number / unit % base);
            if self.hex {
                // Writing into a String cannot fail.
                let _ = write!(out, "{digit:0width$x}", width = self.width);
            } else {
                display::padded(digit, self.width, out);
            }
            out.push_str(if place > 0 { &self.mark } else { "" });
        }
    }
}

#[derive(Debug)]
struct Serial {
    alphabet: Words,
    width: usize,
    start: u64,
    permutation: Option<Perm>,
}

impl Serial {
    fn compile(alphabet: &str, width: usize, start: u64, permute: bool, scope: &Scope<'_>) -> Result<Self> {
        let words = letters(alphabet, scope)?;
        let mut sorted: Vec<char> = alphabet.chars().collect();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() != words.len() || words.len() < 2 || width > MOST {
            return Err(
                scope.error("a serial number needs two different characters at least, none of them twice")
            );
        }
        let permutation = permute.then(|| Perm::new(scope.rows, scope.key.child("serial")));
        Ok(Self { alphabet: words, width, start, permutation })
    }

    /// Digits of the largest number.
    fn widest(&self, rows: u64) -> usize {
        let mut rest = u128::from(self.start) + u128::from(rows.saturating_sub(1));
        let mut digits = 1;
        while rest >= self.alphabet.len() as u128 {
            rest /= self.alphabet.len() as u128;
            digits += 1;
        }
        self.width.max(digits)
    }

    fn write(&self, row: u64, out: &mut String) {
        let row = self.permutation.as_ref().map_or(row, |permutation| permutation.forward(row));
        let mut rest = u128::from(self.start) + u128::from(row);
        let base = self.alphabet.len() as u128;
        // 2^65 has 65 digits at most, in base 2.
        let mut digits = [0_u32; 66];
        let mut count = 0;
        while rest > 0 || count == 0 {
            digits[count] = (rest % base) as u32;
            rest /= base;
            count += 1;
        }
        for _ in count..self.width {
            out.push_str(self.alphabet.get(0));
        }
        for digit in digits[..count].iter().rev() {
            out.push_str(self.alphabet.get(*digit as usize));
        }
    }
}

fn letters(alphabet: &str, scope: &Scope<'_>) -> Result<Words> {
    let mut buffer = [0; 4];
    let letters: Vec<String> =
        alphabet.chars().map(|letter| letter.encode_utf8(&mut buffer).to_owned()).collect();
    Words::new(letters).ok_or_else(|| scope.error("the alphabet is empty"))
}

impl Part {
    fn compile(segment: &Segment, scope: &Scope<'_>) -> Result<Self> {
        Ok(match segment {
            Segment::Lit { text } => Self::Lit(text.clone()),
            Segment::Vocab { list, by, zipf } => {
                let words = scope.lists.get(list).map_err(|message| scope.error(message))?;
                let steps = if *zipf > 0.0 { words.zipf(*zipf) } else { None };
                Self::Vocab { words, by_rank: *by == By::Rank, steps }
            }
            Segment::Chars { alphabet, count } if *count <= MOST => {
                Self::Chars { alphabet: letters(alphabet, scope)?, count: *count }
            }
            Segment::Chars { count, .. } => {
                return Err(scope.error(format!("{count} characters; {MOST} are the most")));
            }
            Segment::Serial { alphabet, width, start, permute } => {
                Self::Serial(Serial::compile(alphabet, *width, *start, *permute, scope)?)
            }
            Segment::Cell { column, form } => Self::Cell { column: (scope.column)(column)?, form: *form },
            Segment::Prose { topics, common, low, high, title } => {
                Self::Prose(Prose::compile(topics, common, (*low, *high), *title, scope)?)
            }
            Segment::Num { low, high, width } if low <= high && *width <= MOST => {
                Self::Num { low: *low, span: high.abs_diff(*low), width: *width }
            }
            Segment::Groups { base, count, mark, hex, width, start } => {
                let last = u128::from(*start) + u128::from(scope.rows.saturating_sub(1));
                let room = u128::from(*base).checked_pow(*count as u32).unwrap_or(u128::MAX);
                if *base < 2 || *count == 0 || *count > 16 || *width > MOST {
                    return Err(scope.error("groups: expected a base of 2 or more, 1 to 16 places"));
                }
                if last >= room {
                    let message = format!("{count} places of base {base} can't number {} rows", scope.rows);
                    return Err(Error::impossible(scope.place, message));
                }
                let (base, count, hex, width, start) = (*base, *count, *hex, *width, *start);
                Self::Groups(Groups { base, count, mark: mark.clone(), hex, width, start })
            }
            Segment::Num { low, high, .. } => {
                return Err(scope.error(format!("expected low <= high, not {low} and {high}")));
            }
        })
    }

    fn write(&self, input: &Input<'_>, index: usize, draws: &mut Draws, out: &mut String) {
        match self {
            Self::Lit(text) => out.push_str(text),
            Self::Vocab { words, by_rank, steps } => {
                let u = if *by_rank { input.ranks[index] } else { draws.uniform() };
                let entry = steps.as_ref().map_or_else(|| slot(u, words.len()), |steps| steps.find(u));
                out.push_str(words.get(entry));
            }
            Self::Chars { alphabet, count } => {
                (0..*count).for_each(|_| out.push_str(alphabet.get(draws.below(alphabet.len()))));
            }
            Self::Serial(serial) => serial.write(input.rows[index], out),
            Self::Cell { column, form } => {
                if let Some(Some(cells)) = input.cells.get(*column) {
                    write_cell(cells, input.position(index), *form, out);
                }
            }
            Self::Groups(groups) => groups.write(input.rows[index], out),
            Self::Prose(prose) => prose.write(input.ranks[index], draws, out),
            Self::Num { low, span, width } => {
                let bits = u64::from(draws.bits()) << 32 | u64::from(draws.bits());
                let offset = (u128::from(bits) * (u128::from(*span) + 1)) >> 64;
                let value = i128::from(*low) + offset as i128;
                if value < 0 {
                    out.push('-');
                }
                display::padded(value.unsigned_abs(), *width, out);
            }
        }
    }
}

fn write_cell(cells: &ArrayRef, index: usize, form: Form, out: &mut String) {
    let mut other = String::new();
    let text = match cells.data_type() {
        DataType::Utf8 if cells.is_null(index) => "",
        DataType::Utf8 => cells.as_string::<i32>().value(index),
        _ => {
            display::plain(cells, index, &mut other);
            other.as_str()
        }
    };
    match form {
        Form::Plain => out.push_str(text),
        Form::Lower => out.extend(text.chars().flat_map(char::to_lowercase)),
        Form::Upper => out.extend(text.chars().flat_map(char::to_uppercase)),
        Form::Slug => slug(text, out),
        Form::Initial => out.extend(text.chars().next()),
    }
}

impl Text {
    pub fn compile(
        segments: &[Segment],
        max_length: Option<usize>,
        min_length: usize,
        data_type: &DataType,
        scope: &Scope<'_>,
    ) -> Result<Self> {
        let parts: Vec<Part> =
            segments.iter().map(|segment| Part::compile(segment, scope)).collect::<Result<_>>()?;
        let max_length = max_length.unwrap_or(usize::MAX);
        if min_length > max_length || min_length > MOST {
            return Err(
                scope.error(format!("expected a shortest length of at most {MOST} and the longest length"))
            );
        }
        let serials: usize =
            parts.iter().map(|part| part.serial().map_or(0, |serial| serial.widest(scope.rows))).sum();
        if serials > max_length {
            let message =
                format!("{max_length} characters can't number {} rows: {serials} are needed", scope.rows);
            return Err(Error::impossible(scope.place, message));
        }
        let binary = class(data_type) == Class::Binary;
        Ok(Self { parts, max_length, min_length, binary, key: scope.key.child("text") })
    }

    pub fn columns(&self) -> Vec<usize> {
        let column = |part: &Part| if let Part::Cell { column, .. } = part { Some(*column) } else { None };
        self.parts.iter().filter_map(column).collect()
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let count = input.addresses.len();
        let mut out = String::with_capacity(count * 16);
        let mut offsets = Vec::with_capacity(count + 1);
        let mut ends = Vec::with_capacity(self.parts.len());
        offsets.push(0);
        for (index, address) in input.addresses.iter().enumerate() {
            let start = out.len();
            let mut draws = Draws::new(self.key, *address);
            ends.clear();
            for part in &self.parts {
                part.write(input, index, &mut draws, &mut out);
                ends.push(out.len());
            }
            // Bytes are never fewer than characters.
            if out.len() - start > self.max_length {
                self.cut(&mut out, start, &ends);
            }
            if out.len() - start < 4 * self.min_length {
                let length = out[start..].chars().count();
                out.extend((length..self.min_length).map(|_| 'x'));
            }
            offsets.push(i32::try_from(out.len()).unwrap_or(i32::MAX));
        }
        let (offsets, bytes) =
            (OffsetBuffer::new(ScalarBuffer::from(offsets)), Buffer::from(out.into_bytes()));
        match self.binary {
            true => Arc::new(BinaryArray::new(offsets, bytes, None)),
            false => Arc::new(StringArray::new(offsets, bytes, None)),
        }
    }

    /// Cuts the cell that begins at `start` to `max_length` characters: from the first segments where there is a serial
    /// number, which stays whole, else from the end.
    fn cut(&self, out: &mut String, start: usize, ends: &[usize]) {
        let length = out[start..].chars().count();
        if length <= self.max_length {
            return;
        }
        if !self.parts.iter().any(|part| part.serial().is_some()) {
            let kept: usize = out[start..].chars().take(self.max_length).map(char::len_utf8).sum();
            let inside = !out[start + kept..].starts_with([' ', '.', ',']);
            out.truncate(start + kept);
            if matches!(self.parts.last(), Some(Part::Prose(_))) {
                tidy(out, start, inside);
            }
            return;
        }
        let mut excess = length - self.max_length;
        let mut removed = 0;
        let mut from = start;
        for (part, end) in self.parts.iter().zip(ends) {
            let end = end - removed;
            if part.serial().is_none() {
                let size = out[from..end].chars().count();
                let cut = size.min(excess);
                let at = from + out[from..end].chars().take(size - cut).map(char::len_utf8).sum::<usize>();
                out.replace_range(at..end, "");
                removed += end - at;
                excess -= cut;
                from = at;
            } else {
                from = end;
            }
        }
    }
}

/// Takes back a word that was cut in two, unless half the text would go with it, and what hangs at the end.
fn tidy(out: &mut String, start: usize, inside: bool) {
    if inside
        && let Some(space) = out[start..].rfind(' ')
        && 2 * space > out.len() - start
    {
        out.truncate(start + space);
    }
    let kept = out[start..].trim_end_matches([' ', ',']).len();
    out.truncate(start + kept);
}

impl Part {
    fn serial(&self) -> Option<&Serial> {
        if let Self::Serial(serial) = self { Some(serial) } else { None }
    }
}
