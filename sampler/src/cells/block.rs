//! One block of rows of one table: parents, times and ranks are found once, columns when somebody asks.

use super::Cells;
use super::figures::{Families, product, sum};
use super::lift::lift;
use super::rule::{Column, Null, OwnedTuple, Rank, Rule};
use crate::codec::Input;
use crate::codec::display;
use crate::codec::draw::inner;
use crate::codec::numeric::{cast, micros};
use crate::codec::types::{self, Class};
use crate::error::{Error, Result};
use crate::permute::Perm;
use crate::plan::{Micros, Part, Rollup};
use crate::rng::{Key, unit};
use crate::world::{NONE, Place, Tuple};
use arrow_array::{Array, ArrayRef, Float64Array, StringArray, UInt32Array};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;
use arrow_select::concat::concat;
use std::rc::Rc;
use std::sync::Arc;

/// Which columns are drawn anew, and for which time: attempt 0 is the row as it is.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    pub columns: &'a [usize],
    pub number: u64,
}

impl Attempt<'_> {
    pub const FIRST: Attempt<'static> = Attempt { columns: &[], number: 0 };

    fn of(self, column: usize) -> u64 {
        if self.columns.contains(&column) { self.number } else { 0 }
    }
}

pub struct Block<'a> {
    cells: &'a Cells,
    table: usize,
    rows: &'a [u64],
    attempt: Attempt<'a>,
    parents: Vec<(usize, Rc<Vec<u64>>)>,
    times: Option<Rc<Vec<Micros>>>,
    /// One entry per node of `nodes`.
    nodes: Vec<usize>,
    ranks: Vec<Vec<f64>>,
    /// The columns made so far, before their own NULLs.
    made: Vec<Option<ArrayRef>>,
}

impl<'a> Block<'a> {
    pub fn new(
        cells: &'a Cells,
        table: usize,
        wanted: &[usize],
        rows: &'a [u64],
        attempt: Attempt<'a>,
    ) -> Self {
        let columns = &cells.tables[table].columns;
        let reached = wanted.iter().flat_map(|column| &columns[*column].reach);
        let reached = reached.filter(|column| attempt.of(**column) == 0);
        let mut nodes: Vec<usize> = reached.flat_map(|column| columns[*column].nodes()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let ranks = if nodes.is_empty() { Vec::new() } else { cells.values.ranks(table, &nodes, rows) };
        let made = vec![None; columns.len()];
        Self { cells, table, rows, attempt, parents: Vec::new(), times: None, nodes, ranks, made }
    }

    /// The column as it stands in the table.
    pub fn cells(&mut self, index: usize) -> Result<ArrayRef> {
        let array = self.made(index)?;
        let cells = self.cells;
        let column = &cells.tables[self.table].columns[index];
        Ok(match &column.null {
            Some(null) => types::with_nulls(&array, Some(&self.presence(null, self.attempt.of(index))?)),
            None => array,
        })
    }

    /// The column before its own NULLs, with other ranks of `nodes`.
    pub fn under(&mut self, index: usize, nodes: &[usize], ranks: Vec<Vec<f64>>) -> Result<ArrayRef> {
        for (node, ranks) in nodes.iter().zip(ranks) {
            if let Ok(place) = self.nodes.binary_search(node) {
                self.ranks[place] = ranks;
            }
        }
        self.made.fill(None);
        self.made(index)
    }

    /// The column before its own NULLs.
    fn made(&mut self, index: usize) -> Result<ArrayRef> {
        if let Some(array) = &self.made[index] {
            return Ok(array.clone());
        }
        let cells = self.cells;
        let column = &cells.tables[self.table].columns[index];
        for source in column.sources() {
            self.made(source)?;
        }
        let mut array = self.rule(column, self.attempt.of(index))?;
        if let Some(lower) = &column.lower {
            array = lift(&array, &self.made(lower.column)?, lower.strict);
        }
        self.made[index] = Some(array.clone());
        Ok(array)
    }

    fn rule(&mut self, column: &Column, attempt: u64) -> Result<ArrayRef> {
        let data_type = &column.data_type;
        Ok(match &column.rule {
            Rule::Sequence { start, step, permutation } => {
                sequence(data_type, (*start, *step, permutation.as_ref()), self.rows.iter().copied(), None)
            }
            Rule::Ref { link, table, column } => self.reference(data_type, *link, (*table, *column))?,
            Rule::Position { levels, start, step, jitter, ancestor, key } => {
                self.position(data_type, *levels, (*start, *step, *jitter), *ancestor, *key)
            }
            Rule::Digit { tuple, index, labels, start, step } => {
                let digits = self.digits(tuple, *index);
                match labels {
                    Some(labels) => pick(labels, digits.iter().map(|digit| Some(*digit as u32))),
                    None => sequence(data_type, (*start, *step, None), digits.into_iter(), None),
                }
            }
            Rule::Elect { levels, key, chosen, rest } => {
                let places = self.places(*levels);
                let (chosen, rest) = (self.rule(chosen, attempt)?, self.rule(rest, attempt)?);
                let elected = |place: &Place| place.ordinal == key.below(place.ancestor, 0, place.count);
                let rows = self.rows.len() as u32;
                let both = concat(&[chosen.as_ref(), rest.as_ref()])
                    .map_err(|error| Error::run(&column.name, error.to_string()))?;
                pick(
                    &both,
                    (0..rows)
                        .zip(&places)
                        .map(|(row, place)| Some(if elected(place) { row } else { rows + row })),
                )
            }
            Rule::Slot { levels, cut, part, ancestor, item } => {
                let places = self.places(*levels);
                let mut origins = vec![cut.low; places.len()];
                if let Some(ancestor) = ancestor {
                    let rows: Vec<u64> = places.iter().map(|place| place.ancestor).collect();
                    self.cells.keys.times(*ancestor, &rows, &mut origins);
                }
                let stretches: Vec<(i64, i64)> = places
                    .iter()
                    .zip(&origins)
                    .map(|(place, origin)| cut.stretch(place.ancestor, place.ordinal, place.count, *origin))
                    .collect();
                stretched(&stretches, *part, item)
            }
            Rule::At => types::times(data_type, self.times().iter().copied(), None),
            Rule::After { base, mean, end, same, resolution, key, censored } => {
                let (bases, nulls) = match base {
                    Some(base) => {
                        let array = self.made(*base)?;
                        (Rc::new(micros(&array)), array.nulls().cloned())
                    }
                    None => (self.times(), None),
                };
                let (mean, end, same, resolution) = (*mean, *end, *same, *resolution);
                let delay = Delay { mean, end, same, resolution, key: *key, censored: *censored };
                let addresses = self.rows.iter().map(|row| (*row, attempt)).zip(bases.iter());
                let times = addresses.clone().map(|(address, base)| delay.after(address, *base));
                let array = types::times(data_type, times, nulls);
                if *censored {
                    let is_there = addresses.map(|(address, base)| delay.ends(address, *base));
                    let is_there = NullBuffer::new(is_there.collect::<BooleanBuffer>());
                    types::with_nulls(&array, Some(&is_there))
                } else {
                    array
                }
            }
            Rule::Value { codec, rank } => {
                let times = if codec.timed() { self.times() } else { Rc::default() };
                let hashed: Vec<f64>;
                let moved: Vec<u64>;
                let ranks = match rank {
                    Rank::Node(node) if attempt == 0 => self.ranks(*node),
                    Rank::Hashed(key) if attempt == 0 => {
                        hashed = self.rows.iter().map(|row| key.uniform(*row, 0)).collect();
                        &hashed
                    }
                    _ => {
                        hashed = self.rows.iter().map(|row| column.again.uniform(*row, attempt)).collect();
                        &hashed
                    }
                };
                let addresses = if attempt == 0 {
                    self.rows
                } else {
                    moved = self.rows.iter().map(|row| inner(*row, attempt)).collect();
                    &moved
                };
                codec.evaluate(&Input {
                    rows: self.rows,
                    addresses,
                    ranks,
                    positions: None,
                    times: &times,
                    cells: &self.made,
                })
            }
            Rule::Product { factors } => {
                let mut made = |column| self.cells(column);
                product(data_type, &factors.arrays(&mut made)?)
            }
            Rule::Sum { plus, minus } => {
                let plus = plus.iter().map(|column| self.cells(*column)).collect::<Result<Vec<_>>>()?;
                let minus = minus.iter().map(|column| self.cells(*column)).collect::<Result<Vec<_>>>()?;
                sum(data_type, &plus, &minus, self.rows.len())
            }
            Rule::Quote { link, table, column, same, low, high, key } => {
                let source = &self.cells.tables[*table].columns[*column].data_type;
                let quoted = self.reference(source, *link, (*table, *column))?;
                let factor = |row: &u64| {
                    let changed = key.uniform(*row, 0) >= *same;
                    if changed { low + (high - low) * key.uniform(*row, 1) } else { 1.0 }
                };
                let factors: Float64Array = self.rows.iter().map(|row| Some(factor(row))).collect();
                product(data_type, &[quoted, Arc::new(factors)])
            }
            Rule::Rollup { table, link, of, factors } => {
                let families = Families::of(self.cells, (*table, *link), self.rows);
                match of {
                    Rollup::Count => families.count(data_type),
                    Rollup::Sum => families.sum(data_type, factors)?,
                }
            }
            Rule::Copy { column } => cast(&self.made(*column)?, data_type),
            Rule::Constant { value } => pick(value, self.rows.iter().map(|_| Some(0))),
        })
    }

    /// Where each row stands below its ancestor; in the whole table for `levels` 0.
    fn places(&self, levels: usize) -> Vec<Place> {
        let keys = &self.cells.keys;
        if levels == 0 {
            let count = keys.rows(self.table);
            return self.rows.iter().map(|row| Place { ancestor: 0, ordinal: *row, count }).collect();
        }
        let mut places = Vec::new();
        keys.places(self.table, levels, self.rows, &mut places);
        places
    }

    fn reference(&mut self, data_type: &DataType, link: usize, to: (usize, usize)) -> Result<ArrayRef> {
        let cells = self.cells;
        let parents = self.parents(link);
        let target = &cells.tables[to.0].columns[to.1];
        let nulls = absent(&parents);
        if let (Rule::Sequence { start, step, permutation }, None, None) =
            (&target.rule, &target.null, &target.lower)
            && target.data_type == *data_type
        {
            let rows = parents.iter().map(|parent| if *parent == NONE { 0 } else { *parent });
            return Ok(sequence(data_type, (*start, *step, permutation.as_ref()), rows, nulls));
        }
        // Children of one parent often stand together: each such run asks for its parent once.
        let mut rows: Vec<u64> = Vec::with_capacity(parents.len());
        let mut places = Vec::with_capacity(parents.len());
        for parent in parents.iter() {
            if *parent != NONE && rows.last() != Some(parent) {
                rows.push(*parent);
            }
            places.push((*parent != NONE).then(|| rows.len() as u32 - 1));
        }
        let found = cast(&cells.column(to.0, to.1, &rows)?, data_type);
        Ok(if rows.len() == parents.len() { found } else { pick(&found, places.into_iter()) })
    }

    fn position(
        &mut self,
        data_type: &DataType,
        levels: usize,
        (start, step, jitter): (i64, i64, u64),
        ancestor: Option<usize>,
        key: Key,
    ) -> ArrayRef {
        let keys = &self.cells.keys;
        let places = self.places(levels);
        let values = self.rows.iter().zip(&places).map(|(row, place)| {
            let moved = if jitter > 0 { i128::from(key.below(*row, 0, jitter)) } else { 0 };
            i128::from(start) + i128::from(step) * i128::from(place.ordinal) + moved
        });
        let Some(ancestor) = ancestor else { return types::integers(data_type, values, None) };
        let rows: Vec<u64> = places.iter().map(|place| place.ancestor).collect();
        let mut times = Vec::new();
        keys.times(ancestor, &rows, &mut times);
        let values = values
            .zip(&times)
            .map(|(value, time)| Micros::try_from(value).unwrap_or(Micros::MAX).saturating_add(*time));
        types::times(data_type, values, None)
    }

    fn digits(&self, tuple: &OwnedTuple, index: usize) -> Vec<u64> {
        let mut digits = Vec::new();
        let tuple = Tuple { key: &tuple.key, after: tuple.after, dims: &tuple.dims };
        self.cells.keys.digits(self.table, tuple, index, self.rows, &mut digits);
        digits
    }

    fn parents(&mut self, link: usize) -> Rc<Vec<u64>> {
        if let Some((_, parents)) = self.parents.iter().find(|(found, _)| *found == link) {
            return parents.clone();
        }
        let mut parents = Vec::new();
        self.cells.keys.parents(self.table, link, self.rows, &mut parents);
        let parents = Rc::new(parents);
        self.parents.push((link, parents.clone()));
        parents
    }

    fn times(&mut self) -> Rc<Vec<Micros>> {
        let (cells, table, rows) = (self.cells, self.table, self.rows);
        let found = self.times.get_or_insert_with(|| {
            let mut times = Vec::new();
            cells.keys.times(table, rows, &mut times);
            Rc::new(times)
        });
        found.clone()
    }

    fn ranks(&self, node: usize) -> &[f64] {
        let place = self.nodes.binary_search(&node).ok();
        place.and_then(|place| self.ranks.get(place)).map_or(&[], Vec::as_slice)
    }

    /// Set where the cell is there.
    fn presence(&mut self, null: &Null, attempt: u64) -> Result<NullBuffer> {
        if let Some((column, labels)) = &null.reached {
            let beside = self.cells(*column)?;
            let mut text = String::new();
            let there = (0..beside.len()).map(|index| {
                text.clear();
                display::plain(&beside, index, &mut text);
                beside.is_valid(index) && labels.contains(&text)
            });
            return Ok(NullBuffer::new(there.collect::<BooleanBuffer>()));
        }
        let ranks = null.node.filter(|_| attempt == 0).map(|node| self.ranks(node));
        let rate = |index: usize| match ranks {
            None => null.rate,
            Some(ranks) if null.rate <= 0.5 => (2.0 * null.rate * ranks[index]).min(1.0),
            Some(ranks) => 1.0 - 2.0 * (1.0 - null.rate) * (1.0 - ranks[index]),
        };
        let there = |(index, row): (usize, &u64)| null.key.uniform(*row, attempt) >= rate(index);
        Ok(NullBuffer::new(self.rows.iter().enumerate().map(there).collect::<BooleanBuffer>()))
    }
}

/// One bound of each stretch, or both as the text of a range that holds its lower bound and not its upper one.
fn stretched(stretches: &[(i64, i64)], part: Part, item: &DataType) -> ArrayRef {
    let bounds = |end: bool| {
        let values = stretches.iter().map(move |(low, high)| if end { *high } else { *low });
        match types::class(item) {
            Class::Time => types::times(item, values, None),
            _ => types::integers(item, values.map(i128::from), None),
        }
    };
    if part != Part::Range {
        return bounds(part == Part::End);
    }
    let (low, high) = (bounds(false), bounds(true));
    let quote = if types::class(item) == Class::Time { "\"" } else { "" };
    let zone = if matches!(item, DataType::Timestamp(_, Some(_))) { "+00" } else { "" };
    let texts = (0..stretches.len()).map(|index| {
        let mut text = format!("[{quote}");
        display::plain(&low, index, &mut text);
        text.push_str(&format!("{zone}{quote},{quote}"));
        display::plain(&high, index, &mut text);
        text + zone + quote + ")"
    });
    Arc::new(texts.map(Some).collect::<StringArray>())
}

/// `start + step * row` for each row.
fn sequence(
    data_type: &DataType,
    (start, step, permutation): (i64, i64, Option<&Perm>),
    rows: impl Iterator<Item = u64>,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let value = move |row: u64| i128::from(start) + i128::from(step) * i128::from(row);
    match permutation {
        Some(permutation) => {
            types::integers(data_type, rows.map(|row| value(permutation.forward(row))), nulls)
        }
        None => types::integers(data_type, rows.map(value), nulls),
    }
}

fn absent(parents: &[u64]) -> Option<NullBuffer> {
    let any = parents.contains(&NONE);
    any.then(|| NullBuffer::new(parents.iter().map(|parent| *parent != NONE).collect::<BooleanBuffer>()))
}

fn pick(values: &ArrayRef, indices: impl Iterator<Item = Option<u32>>) -> ArrayRef {
    crate::codec::pick(values, &indices.collect::<UInt32Array>())
}

struct Delay {
    mean: Micros,
    end: Micros,
    same: f64,
    resolution: Micros,
    key: Key,
    censored: bool,
}

impl Delay {
    /// A time after `base`: an exponential delay, squeezed smoothly into what is left until `end`, or cut there where what
    /// is later is NULL.
    fn after(&self, (row, attempt): (u64, u64), base: Micros) -> Micros {
        let words = self.key.words(row, attempt);
        let none = f64::from(words[2]) * (1.0 / 4_294_967_296.0) < self.same;
        let left = self.end.saturating_sub(base);
        if none || left <= 0 {
            return base;
        }
        let (delay, left) = (self.delay(words), left as f64);
        let squeezed = if self.censored { delay.min(left) } else { -left * libm::expm1(-delay / left) };
        let time = base.saturating_add(squeezed as Micros);
        let resolution = self.resolution.max(1);
        time.saturating_add(resolution - 1).div_euclid(resolution).saturating_mul(resolution)
    }
    /// Whether the delay is over by the end.
    fn ends(&self, (row, attempt): (u64, u64), base: Micros) -> bool {
        let words = self.key.words(row, attempt);
        let none = f64::from(words[2]) * (1.0 / 4_294_967_296.0) < self.same;
        none || self.delay(words) <= self.end.saturating_sub(base) as f64
    }

    fn delay(&self, words: [u32; 4]) -> f64 {
        -(self.mean as f64) * libm::log(unit(u64::from(words[0]) << 32 | u64::from(words[1])))
    }
}
