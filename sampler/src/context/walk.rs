//! Which rows a context has, in which order: breadth-first from the seed, parents at once.
//!
//! Rows that refer to rows of depth d are drawn at random, without order, until none is left; then those that refer to
//! rows of depth d + 1. What is drawn of one row is a uniform sample of at most `max_width`: a keyed permutation of its
//! children is followed from its beginning, so that nothing is drawn that is not needed.

use super::{NONE, Nanos, Node, Referrer, Rules, Source, TIMELESS};
use crate::permute::Perm;
use crate::rng::Key;
use std::collections::HashSet;

/// Rows that were met already may be drawn so often in a row before the table counts as used up.
const PATIENCE: usize = 32;

/// A walk under way. `visits` grows by one row with every `step`.
pub struct Walk<'a> {
    source: &'a dyn Source,
    rules: Rules,
    seed: Node,
    /// No row later than this is seen.
    until: Nanos,
    key: Key,
    draws: u64,
    seen: HashSet<Node>,
    /// Rows that come next, the last one first, with their depth.
    ahead: Vec<(Node, usize)>,
    /// By depth, rows whose referrers were not looked at yet.
    layers: Vec<Vec<Node>>,
    /// What refers to the rows of depth `depth - 1`.
    groups: Vec<Group<'a>>,
    depth: usize,
    /// The rows so far.
    pub visits: Vec<Node>,
    /// Where the parents of each of `visits` begin in `parents`.
    pub starts: Vec<usize>,
    /// Parent rows by link, `NONE` where there is none.
    pub parents: Vec<u64>,
}

/// What refers to one row: lists by table, and the order in which they are drawn.
struct Group<'a> {
    lists: Vec<(usize, &'a [u32])>,
    order: Perm,
    next: u64,
    left: u64,
}

impl Group<'_> {
    fn draw(&mut self) -> Node {
        let mut position = self.order.forward(self.next);
        self.next += 1;
        self.left -= 1;
        let mut lists = self.lists.iter();
        loop {
            match lists.next() {
                Some((table, rows)) if position < rows.len() as u64 => {
                    return Node { table: *table, row: u64::from(rows[position as usize]) };
                }
                Some((_, rows)) => position -= rows.len() as u64,
                // The order is over all rows of all lists, so this is not reached.
                None => return Node { table: 0, row: NONE },
            }
        }
    }
}

impl<'a> Walk<'a> {
    /// A walk from `seed` that sees no row later than `until`; all rows where that is `TIMELESS`.
    pub fn new(source: &'a dyn Source, rules: Rules, seed: Node, until: Nanos, key: Key) -> Self {
        Self {
            source,
            rules,
            seed,
            until: if until == TIMELESS { Nanos::MAX } else { until },
            key,
            draws: 0,
            seen: HashSet::new(),
            ahead: vec![(seed, 0)],
            layers: Vec::new(),
            groups: Vec::new(),
            depth: 0,
            visits: Vec::new(),
            starts: Vec::new(),
            parents: Vec::new(),
        }
    }

    /// Visits one more row; None where there is none.
    pub fn step(&mut self) -> Option<Node> {
        let mut met = 0;
        loop {
            let (node, depth) = match self.ahead.pop().or_else(|| self.draw()) {
                Some(next) => next,
                None if met < PATIENCE => {
                    met += 1;
                    (self.filler()?, 0)
                }
                None => return None,
            };
            if self.seen.insert(node) {
                self.visit(node, depth);
                return Some(node);
            }
        }
    }

    fn visit(&mut self, node: Node, depth: usize) {
        let first = self.parents.len();
        self.starts.push(first);
        self.source.parents(node, &mut self.parents);
        let links = &self.source.tables()[node.table].links;
        for (table, row) in links.iter().zip(&self.parents[first..]).rev() {
            let parent = Node { table: *table, row: *row };
            if *row != NONE && (self.rules.published || self.source.time(parent) <= self.until) {
                self.ahead.push((parent, depth + 1));
            }
        }
        if depth >= self.layers.len() {
            self.layers.resize_with(depth + 1, Vec::new);
        }
        self.layers[depth].push(node);
        self.visits.push(node);
    }

    /// A row that refers to one of the nearest rows visited.
    fn draw(&mut self) -> Option<(Node, usize)> {
        loop {
            let left: u64 = self.groups.iter().map(|group| group.left).sum();
            if left > 0 {
                let mut place = self.below(left);
                let group = self.groups.iter_mut().find(|group| {
                    let is_here = place < group.left;
                    place = place.wrapping_sub(if is_here { 0 } else { group.left });
                    is_here
                })?;
                return Some((group.draw(), self.depth));
            }
            let depth = self.layers.iter().position(|layer| !layer.is_empty())?;
            let layer = std::mem::take(&mut self.layers[depth]);
            self.groups.clear();
            self.depth = depth + 1;
            for node in layer {
                let referrers = &self.source.tables()[node.table].referrers;
                for labels in [true, false] {
                    self.gather(node, referrers.iter().filter(|referrer| referrer.labels == labels));
                }
            }
        }
    }

    fn gather<'r>(&mut self, node: Node, referrers: impl Iterator<Item = &'r Referrer>) {
        let lists: Vec<_> = referrers
            .map(|referrer| (referrer.table, self.source.children(*referrer, node.row, self.until)))
            .filter(|(_, rows)| !rows.is_empty())
            .collect();
        let count: u64 = lists.iter().map(|(_, rows)| rows.len() as u64).sum();
        if count > 0 {
            let order = Perm::new(count, self.key.at(self.next()));
            self.groups.push(Group { lists, order, next: 0, left: count.min(self.rules.max_width) });
        }
    }

    /// Another row of the seed's table.
    fn filler(&mut self) -> Option<Node> {
        let table = self.seed.table;
        let rows = if self.rules.fill { self.source.visible(table, self.until) } else { 0 };
        (rows > 0).then(|| {
            let position = self.below(rows);
            Node { table, row: self.source.at(table, position) }
        })
    }

    fn below(&mut self, n: u64) -> u64 {
        let draw = self.next();
        self.key.below(draw, 0, n)
    }

    fn next(&mut self) -> u64 {
        self.draws += 1;
        self.draws
    }
}
