//! What contexts are asked for: given one by one, or drawn as a pure function of (seed, step, place in the step).

use super::{Cells, NULL, Nanos, Node, Source};
use crate::error::{Error, Result};
use crate::rng::Key;

/// Draws of a seed before it is given up: rows whose target is NULL are drawn again.
const ATTEMPTS: u64 = 64;

/// A cell to be predicted, as of a moment.
#[derive(Debug, Clone, Copy)]
pub struct Seed {
    pub node: Node,
    /// The number of the target's column.
    pub target: i32,
    /// No row later than this is seen; all are where it is `TIMELESS`.
    pub until: Nanos,
    /// Of the random numbers of its context.
    pub key: Key,
}

/// A part of a step: `count` seeds from number `first` on, for columns `targets`.
#[derive(Debug, Clone)]
pub struct Draw {
    pub seed: u64,
    pub step: u64,
    pub first: u64,
    pub count: u64,
    pub targets: Vec<i32>,
    /// No seed is later than this.
    pub until: Nanos,
}

impl Draw {
    fn key(&self, number: u64) -> Key {
        Key::new(self.seed, &["context", "step"]).at(self.step).at(self.first + number)
    }

    /// Seeds whose target is there: a target is drawn evenly, then a row of its table, evenly among those that have a
    /// value.
    ///
    /// # Errors
    /// `Error::Run` where a target does not exist, or nothing that is not NULL was found.
    pub fn seeds(&self, source: &dyn Source) -> Result<Vec<Seed>> {
        let tables = source.tables();
        let place = |id: i32| {
            tables.iter().enumerate().find_map(|(table, found)| {
                found.columns.iter().position(|column| column.id == id).map(|column| (table, column))
            })
        };
        let places: Vec<(usize, usize, i32)> = self
            .targets
            .iter()
            .map(|id| place(*id).map(|(table, column)| (table, column, *id)))
            .collect::<Option<_>>()
            .ok_or_else(|| Error::run("targets", "there is no such column"))?;
        let rows: Vec<u64> = places.iter().map(|(table, ..)| source.end(*table, self.until)).collect();
        if rows.iter().all(|rows| *rows == 0) {
            return Err(Error::run("targets", "none of their tables has a row that early"));
        }
        let mut found: Vec<Option<Seed>> = vec![None; self.count as usize];
        for attempt in 0..ATTEMPTS {
            let open = (0..self.count).filter(|number| found[*number as usize].is_none());
            let drawn: Vec<(usize, usize, Seed)> = open
                .filter_map(|number| {
                    let key = self.key(number);
                    let choice = key.below(attempt, 0, places.len() as u64) as usize;
                    let (table, column, target) = places[choice];
                    let position = (rows[choice] > 0).then(|| key.below(attempt, 1, rows[choice]))?;
                    let node = Node { table, row: source.at(table, position) };
                    let seed = Seed { node, target, until: source.time(node), key };
                    source.holds(node, None, self.until).then_some((number as usize, column, seed))
                })
                .collect();
            let nodes: Vec<Node> = drawn.iter().map(|(.., seed)| seed.node).collect();
            let mut cells = Cells::default();
            source.cells(&nodes, &mut cells)?;
            let mut words = cells.words.as_slice();
            for (number, column, seed) in drawn {
                let (row, rest) = words.split_at(tables[seed.node.table].columns.len());
                words = rest;
                if row[column] != NULL {
                    found[number] = Some(seed);
                }
            }
            if found.iter().all(Option::is_some) {
                break;
            }
        }
        let found: Option<Vec<Seed>> = found.into_iter().collect();
        found.ok_or_else(|| {
            let names: Vec<&str> = places.iter().map(|(table, ..)| tables[*table].name.as_str()).collect();
            Error::run(
                "targets",
                format!("{ATTEMPTS} rows drawn from {} have no value of them", names.join(", ")),
            )
        })
    }

    /// Numbers below `rows`, for a task of so many.
    pub fn numbers(&self, rows: u64) -> impl Iterator<Item = u64> {
        (0..self.count).map(move |number| self.key(number).below(0, 1, rows))
    }
}
