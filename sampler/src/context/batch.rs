//! Sequences of cells as flat arrays: one entry per cell, `length` cells per sequence.

use super::seeds::Seed;
use super::walk::Walk;
use super::{Cells, Kind, NONE, NULL, Nanos, Node, Rules, Source, Texts};
use crate::error::{Error, Result};
use std::collections::HashMap;

/// Sequences that are gathered together: rows are the cheaper, the more of a table are made at once.
const TOGETHER: usize = 64;

/// Part of a sequence's cells that are asked for beyond what is likely needed, so that few have to be asked again.
const SPARE: f64 = 1.0 / 32.0;

/// What all sequences of a batch have in common.
#[derive(Debug, Clone)]
pub struct Form {
    /// Cells of a sequence.
    pub length: usize,
    /// Entries of `parents` per cell: at least as many as any table has links.
    pub width: usize,
    pub rules: Rules,
    /// Columns that tell the target: left out of the seed's row, and of rows at the seed's time.
    pub leaks: Vec<i32>,
    pub threads: usize,
}

/// The arrays; see `plurel_sql/context/batch.py` for what they mean.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Batch {
    pub row: Vec<i32>,
    pub table: Vec<i32>,
    pub column: Vec<i32>,
    pub kind: Vec<i8>,
    pub value: Vec<f32>,
    pub text: Vec<i32>,
    pub parents: Vec<i32>,
    pub target: Vec<u8>,
    pub padding: Vec<u8>,
    pub origin: Vec<i64>,
    pub seed_time: Vec<i64>,
    /// What `text` points to, where the source has no texts of its own: in order of appearance.
    pub texts: Vec<String>,
}

/// A context for every seed.
///
/// # Errors
/// `Error::Run` where a seed's row or target does not exist or the target is NULL.
pub fn make(source: &dyn Source, form: &Form, seeds: &[Seed]) -> Result<Batch> {
    check(source, seeds.iter().map(|seed| seed.node))?;
    let parts = shared(form.threads, seeds, |part| {
        let made = part.chunks(TOGETHER).map(|seeds| together(source, form, seeds));
        made.collect::<Result<Vec<_>>>()
    })?;
    let mut batch = Batch::default();
    let mut texts = Texts::default();
    for part in parts {
        part?.into_iter().for_each(|other| batch.append(other, &mut texts));
    }
    batch.texts = texts.list();
    Ok(batch)
}

/// Contexts of some seeds: all walk on until they have rows that are likely enough, then the cells of those are found.
fn together(source: &dyn Source, form: &Form, seeds: &[Seed]) -> Result<Batch> {
    let mut sequences: Vec<Sequence> = seeds.iter().map(|seed| Sequence::new(source, form, *seed)).collect();
    let mut cells = Cells::default();
    let mut nodes = Vec::new();
    loop {
        nodes.clear();
        for sequence in &mut sequences {
            nodes.extend_from_slice(sequence.walked());
        }
        if nodes.is_empty() {
            break;
        }
        cells.words.clear();
        source.cells(&nodes, &mut cells)?;
        let mut words = cells.words.as_slice();
        for sequence in &mut sequences {
            words = sequence.take(words);
        }
    }
    let mut batch = Batch::default();
    sequences.iter().try_for_each(|sequence| sequence.write(&mut batch))?;
    batch.texts = cells.texts.list();
    Ok(batch)
}

/// Whether all rows exist.
///
/// # Errors
/// `Error::Run` with the first that does not.
pub fn check(source: &dyn Source, mut nodes: impl Iterator<Item = Node>) -> Result<()> {
    let is_missing = |node: &Node| node.table >= source.tables().len() || node.row >= source.rows(node.table);
    match nodes.find(is_missing) {
        Some(Node { table, row }) => {
            let name = source.tables().get(table).map_or("seeds", |table| table.name.as_str());
            Err(Error::run(name, format!("there is no row {row} in table {table}")))
        }
        None => Ok(()),
    }
}

/// `work` on equal parts of `items`, each on a thread; the answers in order.
fn shared<T: Sync, R: Send>(threads: usize, items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Result<Vec<R>> {
    let share = items.len().div_ceil(threads.max(1)).max(1);
    if items.len() <= share {
        return Ok(vec![work(items)]);
    }
    std::thread::scope(|scope| {
        let workers: Vec<_> = items.chunks(share).map(|part| scope.spawn(|| work(part))).collect();
        let fault = |panic: Box<dyn std::any::Any + Send>| Error::fault("context", panic.as_ref());
        workers.into_iter().map(|worker| worker.join().map_err(fault)).collect()
    })
}

/// One sequence: the rows that it has, and the cells of those.
struct Sequence<'a> {
    source: &'a dyn Source,
    form: &'a Form,
    seed: Seed,
    walk: Walk<'a>,
    words: Vec<u32>,
    /// Where the words begin of each visit that has them.
    starts: Vec<usize>,
    /// Cells to show so far.
    shown: usize,
}

impl<'a> Sequence<'a> {
    fn new(source: &'a dyn Source, form: &'a Form, seed: Seed) -> Self {
        let walk = Walk::new(source, form.rules, seed.node, seed.until, seed.key);
        Self { source, form, seed, walk, words: Vec::new(), starts: Vec::new(), shown: 0 }
    }

    /// Visits rows until they likely have cells enough. The new ones: none where there are enough already.
    fn walked(&mut self) -> &[Node] {
        let first = self.walk.visits.len();
        let missing = self.form.length.saturating_sub(self.shown) as f64;
        let mut likely = 0.0;
        while missing > 0.0 && likely < missing + missing * SPARE {
            let Some(node) = self.walk.step() else { break };
            likely += self.source.tables()[node.table].fullness;
        }
        &self.walk.visits[first..]
    }

    /// Takes the cells of the new rows; gives back what is left.
    fn take<'w>(&mut self, mut words: &'w [u32]) -> &'w [u32] {
        for visit in self.starts.len()..self.walk.visits.len() {
            let width = self.source.tables()[self.walk.visits[visit].table].columns.len();
            let (own, rest) = words.split_at(width);
            self.starts.push(self.words.len());
            self.words.extend_from_slice(own);
            self.shown += self.shown(visit).count();
            words = rest;
        }
        words
    }

    /// The cells of a row by place.
    fn cells(&self, visit: usize) -> &[u32] {
        let width = self.source.tables()[self.walk.visits[visit].table].columns.len();
        &self.words[self.starts[visit]..][..width]
    }

    /// Places of a row's cells, the target first.
    fn shown(&self, visit: usize) -> impl Iterator<Item = usize> {
        let node = self.walk.visits[visit];
        let columns = &self.source.tables()[node.table].columns;
        let cells = self.cells(visit);
        let is_seed = node == self.seed.node;
        let hidden: &[i32] = match self.form.leaks.as_slice() {
            [] => &[],
            leaks if is_seed || self.source.time(node) == self.seed.until => leaks,
            _ => &[],
        };
        let target = columns.iter().position(|column| is_seed && column.id == self.seed.target);
        let is_shown = move |place: &usize| {
            cells[*place] != NULL && Some(*place) != target && !hidden.contains(&columns[*place].id)
        };
        target.into_iter().chain((0..columns.len()).filter(is_shown))
    }

    fn write(&self, out: &mut Batch) -> Result<()> {
        let (source, form) = (self.source, self.form);
        let first = out.row.len();
        let end = first + form.length;
        let mut numbers: HashMap<Node, i32> = HashMap::with_capacity(self.walk.visits.len());
        // Where the parents of each numbered row begin.
        let mut starts = Vec::with_capacity(self.walk.visits.len());
        for (visit, (node, start)) in self.walk.visits.iter().zip(&self.walk.starts).enumerate() {
            let cells = self.cells(visit);
            let columns = &source.tables()[node.table].columns;
            let number = starts.len() as i32;
            let before = out.row.len();
            for place in self.shown(visit).take(end - before) {
                let (column, word) = (columns[place], cells[place]);
                out.row.push(number);
                out.table.push(node.table as i32);
                out.column.push(column.id);
                out.kind.push(column.kind.code());
                let is_text = column.kind == Kind::Text;
                out.value.push(if is_text { 0.0 } else { f32::from_bits(word) });
                out.text.push(if is_text { word as i32 } else { -1 });
                out.target.push(u8::from(*node == self.seed.node && column.id == self.seed.target));
                out.padding.push(0);
                out.origin.extend([node.table as i64, node.row as i64]);
            }
            if out.row.len() > before {
                numbers.insert(*node, number);
                starts.push((node.table, *start));
            }
            if out.row.len() == end {
                break;
            }
        }
        self.check(out.target.get(first))?;
        for number in &out.row[first..] {
            let (table, start) = starts[*number as usize];
            let links = &source.tables()[table].links;
            let parents = links.iter().zip(&self.walk.parents[start..]).map(|(table, row)| {
                let node = Node { table: *table, row: *row };
                if *row == NONE { -1 } else { numbers.get(&node).copied().unwrap_or(-1) }
            });
            out.parents.extend(parents.chain(std::iter::repeat(-1)).take(form.width));
        }
        out.pad(end, form.width, self.seed.until);
        Ok(())
    }

    /// The seed's target is there: it is the first cell.
    fn check(&self, first: Option<&u8>) -> Result<()> {
        let Seed { node, target, .. } = self.seed;
        let table = &self.source.tables()[node.table];
        let place = table.columns.iter().position(|column| column.id == target);
        let Some(place) = place.filter(|_| first == Some(&1)) else {
            return Err(Error::run(&table.name, format!("column {target}, a seed's target, is none of its")));
        };
        if self.cells(0)[place] == NULL {
            return Err(Error::run(
                &table.name,
                format!("a seed's target is NULL: column {target} of row {}", node.row),
            ));
        }
        Ok(())
    }
}

impl Batch {
    fn pad(&mut self, end: usize, width: usize, seed_time: Nanos) {
        self.row.resize(end, -1);
        self.table.resize(end, -1);
        self.column.resize(end, -1);
        self.kind.resize(end, 0);
        self.value.resize(end, 0.0);
        self.text.resize(end, -1);
        self.parents.resize(end * width, -1);
        self.target.resize(end, 0);
        self.padding.resize(end, 1);
        self.origin.resize(end * 2, -1);
        self.seed_time.push(seed_time);
    }

    /// Adds sequences; their texts get the numbers that they have in `texts`, in order of appearance.
    fn append(&mut self, mut other: Self, texts: &mut Texts) {
        if !other.texts.is_empty() {
            let mut places = vec![None; other.texts.len()];
            for text in other.text.iter_mut().filter(|text| **text >= 0) {
                let own = *text as usize;
                *text = *places[own].get_or_insert_with(|| texts.place(&other.texts[own]) as i32);
            }
        }
        self.row.extend(other.row);
        self.table.extend(other.table);
        self.column.extend(other.column);
        self.kind.extend(other.kind);
        self.value.extend(other.value);
        self.text.extend(other.text);
        self.parents.extend(other.parents);
        self.target.extend(other.target);
        self.padding.extend(other.padding);
        self.origin.extend(other.origin);
        self.seed_time.extend(other.seed_time);
    }
}
