//! Sequences of cells as flat arrays: one entry per cell, `length` cells per sequence.

use super::seeds::Seed;
use super::walk::Walk;
use super::{Kind, NONE, NULL, Nanos, Node, Rules, Source};
use crate::error::{Error, Result};
use std::collections::HashMap;

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
}

/// A context for every seed.
///
/// # Errors
/// `Error::Run` where a seed's row or target does not exist or the target is NULL.
pub fn make(source: &dyn Source, form: &Form, seeds: &[Seed]) -> Result<Batch> {
    check(source, seeds.iter().map(|seed| seed.node))?;
    let parts = shared(form.threads, seeds, |part| {
        let mut batch = Batch::default();
        part.iter()
            .try_for_each(|seed| Sequence::gathered(source, form, *seed).write(&mut batch))
            .map(|()| batch)
    })?;
    let mut batch = Batch::default();
    for part in parts {
        batch.append(part?);
    }
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

/// One sequence: the rows that it has.
struct Sequence<'a> {
    source: &'a dyn Source,
    form: &'a Form,
    seed: Seed,
    walk: Walk<'a>,
}

impl<'a> Sequence<'a> {
    /// Visits rows until they have cells enough.
    fn gathered(source: &'a dyn Source, form: &'a Form, seed: Seed) -> Self {
        let walk = Walk::new(source, form.rules, seed.node, seed.until, seed.key);
        let mut sequence = Self { source, form, seed, walk };
        let mut cells = 0;
        while cells < form.length {
            let Some(node) = sequence.walk.step() else { break };
            cells += sequence.shown(node).count();
        }
        sequence
    }

    /// Places of a row's cells, the target first.
    fn shown(&self, node: Node) -> impl Iterator<Item = usize> {
        let columns = &self.source.tables()[node.table].columns;
        let cells = self.source.cells(node);
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
        for (node, start) in self.walk.visits.iter().zip(&self.walk.starts) {
            let cells = source.cells(*node);
            let columns = &source.tables()[node.table].columns;
            let number = starts.len() as i32;
            let before = out.row.len();
            for place in self.shown(*node).take(end - before) {
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
        if self.source.cells(node)[place] == NULL {
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

    fn append(&mut self, other: Self) {
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
