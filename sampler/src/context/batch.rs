//! Sequences of cells as flat arrays: one entry per cell, `length` cells per sequence.

use super::seeds::Seed;
use super::walk::Walk;
use super::{Kind, NONE, NULL, Nanos, Node, Rules, Sheet, Source};
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
    /// What `text` points to, where the source has no list of its own.
    pub texts: Option<Vec<String>>,
}

/// One sequence under way.
struct Sequence<'a> {
    seed: Seed,
    walk: Walk<'a>,
    /// Rows whose cells were counted, and how many those are.
    counted: usize,
    cells: usize,
    has_ended: bool,
}

/// A context for every seed.
///
/// # Errors
/// `Error::Run` where a seed's row or target does not exist or the target is NULL, and as `Source::read`.
pub fn make(source: &dyn Source, form: &Form, seeds: &[Seed]) -> Result<Batch> {
    check(source, seeds.iter().map(|seed| seed.node))?;
    let mut sequences: Vec<Sequence<'_>> = seeds
        .iter()
        .map(|seed| Sequence {
            seed: *seed,
            walk: Walk::new(source, form.rules, seed.node, seed.until, seed.key),
            counted: 0,
            cells: 0,
            has_ended: false,
        })
        .collect();
    let mut sheet = Sheet::default();
    // How many cells a row has may be known only when it is read: rows are gathered until there may be enough, read, and
    // counted, as often as it takes.
    while sequences.iter().any(|sequence| !sequence.is_whole(form)) {
        shared(form.threads, &mut sequences, |part| {
            part.iter_mut().for_each(|one| one.gather(source, form))
        })?;
        let fresh: Vec<Node> =
            sequences.iter().flat_map(|one| &one.walk.visits[one.counted..]).copied().collect();
        source.read(&fresh, form.threads, &mut sheet)?;
        shared(form.threads, &mut sequences, |part| {
            part.iter_mut().for_each(|one| one.count(source, form, &sheet));
        })?;
    }
    let parts = shared(form.threads, &mut sequences, |part| {
        let mut batch = Batch::default();
        part.iter().try_for_each(|one| one.write(source, form, &sheet, &mut batch)).map(|()| batch)
    })?;
    let mut batch = Batch::default();
    for part in parts {
        batch.append(part?);
    }
    if source.has_own_texts() {
        batch.texts = Some(renumber(&mut batch.text, sheet.texts));
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
fn shared<T: Send, R: Send>(
    threads: usize,
    items: &mut [T],
    work: impl Fn(&mut [T]) -> R + Sync,
) -> Result<Vec<R>> {
    let share = items.len().div_ceil(threads.max(1)).max(1);
    if items.len() <= share {
        return Ok(vec![work(items)]);
    }
    std::thread::scope(|scope| {
        let workers: Vec<_> = items.chunks_mut(share).map(|part| scope.spawn(|| work(part))).collect();
        let fault = |panic: Box<dyn std::any::Any + Send>| Error::fault("context", panic.as_ref());
        workers.into_iter().map(|worker| worker.join().map_err(fault)).collect()
    })
}

/// Texts numbered by their first appearance in the batch; those that are not in it are left out.
fn renumber(text: &mut [i32], all: Vec<String>) -> Vec<String> {
    let mut all: Vec<Option<String>> = all.into_iter().map(Some).collect();
    let mut numbers = vec![-1_i32; all.len()];
    let mut found = Vec::new();
    for entry in text.iter_mut().filter(|entry| **entry >= 0) {
        let place = *entry as usize;
        if let Some(fresh) = all[place].take() {
            numbers[place] = found.len() as i32;
            found.push(fresh);
        }
        *entry = numbers[place];
    }
    found
}

impl Sequence<'_> {
    fn is_whole(&self, form: &Form) -> bool {
        self.has_ended || self.cells >= form.length
    }

    fn gather(&mut self, source: &dyn Source, form: &Form) {
        let mut cells = self.cells;
        while cells < form.length && !self.has_ended {
            match self.walk.step() {
                Some(node) => cells += source.at_most(node),
                None => self.has_ended = true,
            }
        }
    }

    fn count(&mut self, source: &dyn Source, form: &Form, sheet: &Sheet) {
        for node in &self.walk.visits[self.counted..] {
            self.cells += self.shown(source, form, *node, sheet).count();
        }
        self.counted = self.walk.visits.len();
    }

    /// Places of a row's cells, the target first.
    fn shown<'s>(
        &'s self,
        source: &'s dyn Source,
        form: &'s Form,
        node: Node,
        sheet: &'s Sheet,
    ) -> impl Iterator<Item = usize> + 's {
        let columns = &source.tables()[node.table].columns;
        let cells = source.cells(node, sheet);
        let is_seed = node == self.seed.node;
        let hidden: &[i32] = match form.leaks.as_slice() {
            [] => &[],
            leaks if is_seed || source.time(node) == self.seed.until => leaks,
            _ => &[],
        };
        let target = columns.iter().position(|column| is_seed && column.id == self.seed.target);
        let is_shown = move |place: &usize| {
            cells[*place] != NULL && Some(*place) != target && !hidden.contains(&columns[*place].id)
        };
        target.into_iter().chain((0..columns.len()).filter(is_shown))
    }

    fn write(&self, source: &dyn Source, form: &Form, sheet: &Sheet, out: &mut Batch) -> Result<()> {
        let first = out.row.len();
        let end = first + form.length;
        let mut numbers: HashMap<Node, i32> = HashMap::with_capacity(self.walk.visits.len());
        // Where the parents of each numbered row begin.
        let mut starts = Vec::with_capacity(self.walk.visits.len());
        for (node, start) in self.walk.visits.iter().zip(&self.walk.starts) {
            let cells = source.cells(*node, sheet);
            let columns = &source.tables()[node.table].columns;
            let number = starts.len() as i32;
            let before = out.row.len();
            for place in self.shown(source, form, *node, sheet).take(end - before) {
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
        self.check(source, sheet, out.target.get(first))?;
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
    fn check(&self, source: &dyn Source, sheet: &Sheet, first: Option<&u8>) -> Result<()> {
        let Seed { node, target, .. } = self.seed;
        let table = &source.tables()[node.table];
        let place = table.columns.iter().position(|column| column.id == target);
        let Some(place) = place.filter(|_| first == Some(&1)) else {
            return Err(Error::run(&table.name, format!("column {target}, a seed's target, is none of its")));
        };
        if source.cells(node, sheet)[place] == NULL {
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
