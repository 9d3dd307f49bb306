//! Which rows a context has, in which order: breadth-first from the seed, parents at once.
//!
//! Rows that refer to rows of depth d are drawn at random, without order, until none is left; then those that refer to
//! rows of depth d + 1. What is drawn of one row is a uniform sample of at most `max_width`: a keyed permutation of its
//! children is followed from its beginning, so that nothing is drawn that is not needed.

use super::{Children, Fill, Horizon, NONE, Nanos, Node, Referrer, Rules, Source, TIMELESS};
use crate::permute::Perm;
use crate::rng::Key;
use std::collections::HashSet;

/// Rows that were met already may be drawn so often in a row before the table counts as used up.
const PATIENCE: usize = 32;
/// Of the candidates for a row's children so many in a row may be none before the others are left alone.
const REFUSALS: usize = 64;
/// The depth of a row whose parents are not followed; of what refers to it or to its children, nothing is.
const LAST: usize = usize::MAX;

/// A walk under way. `visits` grows by one row with every `step`.
pub struct Walk<'a> {
    source: &'a dyn Source,
    rules: Rules,
    seed: Node,
    /// No row later than this is seen.
    horizon: Horizon<'a>,
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

/// What refers to one row: candidates by link, and the order in which they are drawn.
struct Group<'a> {
    parent: u64,
    lists: Vec<(Referrer, Children<'a>)>,
    order: Perm,
    next: u64,
    /// How many may be drawn yet.
    left: u64,
}

impl Group<'_> {
    /// The next candidate that is a child early enough; None where there is none.
    fn draw(&mut self, source: &dyn Source, until: Nanos) -> Option<Node> {
        let mut refused = 0;
        while self.left > 0 {
            let found = self.candidate();
            self.next += 1;
            let rest = self.order.len() - self.next;
            if let Some((node, referrer)) = found
                && source.holds(node, Some((referrer, self.parent)), until)
            {
                self.left = (self.left - 1).min(rest);
                return Some(node);
            }
            refused += 1;
            self.left = if refused < REFUSALS { self.left.min(rest) } else { 0 };
        }
        None
    }

    fn candidate(&self) -> Option<(Node, Referrer)> {
        let mut position = self.order.forward(self.next);
        for (referrer, rows) in &self.lists {
            if position < rows.len() {
                return Some((Node { table: referrer.table, row: rows.get(position) }, *referrer));
            }
            position -= rows.len();
        }
        None
    }
}

impl<'a> Walk<'a> {
    /// A walk from `seed` that sees no row later than `until`; all rows where that is `TIMELESS`.
    pub fn new(source: &'a dyn Source, rules: Rules, seed: Node, until: Nanos, key: Key) -> Self {
        Self {
            source,
            rules,
            seed,
            horizon: Horizon::new(source, if until == TIMELESS { Nanos::MAX } else { until }),
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
                    let Some(node) = self.filler()? else { continue };
                    (node, if self.rules.fill == Fill::Rows { LAST - 1 } else { 0 })
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
        self.visits.push(node);
        self.starts.push(first);
        self.source.parents(node, &mut self.parents);
        if depth == LAST {
            return;
        }
        let links = &self.source.tables()[node.table].links;
        for (link, (table, row)) in links.iter().zip(&self.parents[first..]).enumerate().rev() {
            let parent = Node { table: *table, row: *row };
            if *row == NONE || self.seen.contains(&parent) {
                continue;
            }
            let is_seen = self.rules.published
                || self.source.is_ordered(node.table, link)
                || self.source.time(parent) <= self.horizon.until;
            if is_seen {
                self.ahead.push((parent, depth + 1));
            }
        }
        if depth + 1 < LAST {
            if depth >= self.layers.len() {
                self.layers.resize_with(depth + 1, Vec::new);
            }
            self.layers[depth].push(node);
        }
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
                match group.draw(self.source, self.horizon.until) {
                    Some(node) => return Some((node, self.depth)),
                    None => continue,
                }
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
            .map(|referrer| (*referrer, self.source.children(*referrer, node.row, &self.horizon)))
            .filter(|(_, rows)| !rows.is_empty())
            .collect();
        let count: u64 = lists.iter().map(|(_, rows)| rows.len()).sum();
        if count > 0 {
            let order = Perm::new(count, self.key.at(self.next()));
            let left = count.min(self.rules.max_width);
            self.groups.push(Group { parent: node.row, lists, order, next: 0, left });
        }
    }

    /// Another row of the seed's table, or a candidate that is too late after all; None where there is none to be had.
    fn filler(&mut self) -> Option<Option<Node>> {
        let table = self.seed.table;
        let end = if self.rules.fill == Fill::Nothing { 0 } else { self.horizon.end(table) };
        (end > 0).then(|| {
            let position = self.below(end);
            let node = Node { table, row: self.source.at(table, position) };
            self.source.holds(node, None, self.horizon.until).then_some(node)
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
