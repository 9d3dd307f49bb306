//! Sets the clocks of a topology in value order: the axes, the epochs of affinity links, and what must be lifted.

use super::own::{Own, Rhythm};
use super::{Base, CHUNK, Inherited, Running, check};
use crate::error::{Error, Result};
use crate::links::{Law, Topology, affinity};
use crate::plan::{self, Axis, Micros, Mode, Plan, Roots};
use std::sync::{Mutex, OnceLock};

impl Topology {
    pub(crate) fn set_clocks(&mut self, plan: &Plan, bytes: u64) -> Result<()> {
        for (index, _) in plan.tables.iter().enumerate() {
            check::axis(plan, index)?;
        }
        let starts = plan.tables.iter().filter_map(|table| match table.axis {
            Axis::Own { start, .. } => Some(start),
            _ => None,
        });
        let origin = starts.min();
        let is_parent = self.parents_of_later();
        let mut left = bytes;
        for (index, table) in plan.tables.iter().enumerate() {
            let Some((base, resolution)) = self.base(index, table, origin)? else { continue };
            self.tables[index].clock = Some(Box::new(Running::new(base, resolution)));
            if table.rows == 0 {
                continue;
            }
            let lifts = self.lifts(plan, index);
            let tight = self.is_tight(index, &lifts);
            if let Some(running) = &mut self.tables[index].clock {
                (running.lifts, running.tight) = (lifts, tight);
            }
            if is_parent[index] {
                left -= self.set_cache(index, left);
            }
        }
        for running in self.tables.iter_mut().filter_map(|table| table.clock.as_mut()) {
            running.ceilings = Mutex::default();
        }
        Ok(())
    }

    /// Whether each table has children after it.
    fn parents_of_later(&self) -> Vec<bool> {
        let mut found = vec![false; self.tables.len()];
        for (index, table) in self.tables.iter().enumerate() {
            table.links.iter().filter(|link| link.parent < index).for_each(|link| found[link.parent] = true);
        }
        found
    }

    fn base(
        &self,
        index: usize,
        table: &plan::Table,
        origin: Option<Micros>,
    ) -> Result<Option<(Base, Micros)>> {
        let key = self.tables[index].key.child("axis");
        match &table.axis {
            Axis::Static {} => Ok(None),
            Axis::Own { start, end, trend, yearly, weekly, hourly, resolution, distinct } => {
                let rhythm = Rhythm { trend: *trend, yearly: *yearly, weekly, hourly };
                let make = |start| Own::new((start, *end), table.rows, rhythm, *resolution, *distinct, key);
                let own = make(*start);
                if *distinct && own.slots() < table.rows {
                    return Err(Error::impossible(
                        format!("{} (axis)", table.name),
                        format!(
                            "{} rows at distinct times, but the span has {} moments",
                            table.rows,
                            own.slots()
                        ),
                    ));
                }
                // Begin when every parent table has its first row, so that the first epochs need no lifting.
                let begin = self.first_parents(index).filter(|begin| begin > start && begin < end);
                let own = begin.map(make).filter(|own| !distinct || own.slots() >= table.rows).unwrap_or(own);
                Ok(Some((Base::Own(Box::new(own)), *resolution)))
            }
            Axis::Inherited { link, end, mode, delay, resolution } => {
                let up = self.tables[index].links[*link].parent;
                if up > index || (up == index && !self.refers_back(index, *link)) {
                    return Err(Error::plan(
                        format!("{} (axis)", table.name),
                        format!(
                            "its time comes from \"{}\", which has none yet; that table must stand before",
                            self.tables[up].name
                        ),
                    ));
                }
                let inherited = Inherited {
                    key,
                    link: *link,
                    origin: origin.unwrap_or(*end),
                    end: *end,
                    mode: *mode,
                    delay: *delay,
                };
                Ok(Some((Base::Inherited(inherited), *resolution)))
            }
        }
    }

    /// Links of `table` to tables before it that have rows and time.
    fn timed(&self, table: usize) -> impl Iterator<Item = (usize, usize)> {
        let links = self.tables[table].links.iter().enumerate().map(|(number, link)| (number, link.parent));
        links.filter(move |(_, up)| *up < table && self.has_time(*up) && self.tables[*up].rows > 0)
    }

    /// When the last of the tables that `table` has an affinity to gets its first row, or about when.
    fn first_parents(&self, table: usize) -> Option<Micros> {
        self.timed(table)
            .filter(|(link, _)| matches!(self.tables[table].links[*link].law, Law::Affinity(_)))
            .filter_map(|(link, up)| {
                let least = 1 + self.tables[table].links[link].pair.less();
                self.ceiling(up, least.min(self.tables[up].rows)).or_else(|| self.about(up, 0))
            })
            .max()
    }

    /// Whether parents along a link of a table to itself are always earlier rows (or the row itself).
    pub(crate) fn refers_back(&self, table: usize, link: usize) -> bool {
        let link = &self.tables[table].links[link];
        link.parent == table
            && match &link.law {
                Law::Affinity(_) => true,
                Law::Within(law) => law.tree.is_some(),
                Law::OneToOne(law) => law.is_chain(),
                _ => false,
            }
    }

    /// Whether no row is earlier than its parent along a link, if both tables have time: clocks see to it, but not for
    /// roots that refer to one another.
    pub fn is_ordered(&self, table: usize, link: usize) -> bool {
        let found = &self.tables[table].links[link];
        let is_ring = match &found.law {
            Law::Affinity(law) => law.roots() == Roots::Ring,
            Law::Within(law) => law.tree == Some(Roots::Ring),
            _ => false,
        };
        found.parent < table || (self.refers_back(table, link) && !is_ring)
    }

    /// Gives the table's affinities their epochs, and says which of its links must be lifted.
    fn lifts(&mut self, plan: &Plan, table: usize) -> Vec<usize> {
        let inherited = match self.running(table).map(|running| &running.base) {
            Some(Base::Inherited(inherited)) => Some(inherited.link),
            _ => None,
        };
        let mut lifts = Vec::new();
        for (link, up) in self.timed(table).collect::<Vec<_>>() {
            let is_kept = match &self.tables[table].links[link].law {
                _ if inherited == Some(link) => true,
                Law::Affinity(_) => {
                    self.set_epochs(plan, table, link, up)
                        && self.tables[table].links[link].pair.side.is_none()
                }
                Law::Derived(path) => self.is_timed_path(table, path),
                Law::Never => true,
                _ => false,
            };
            if !is_kept {
                lifts.push(link);
            }
        }
        if inherited.is_some() || !lifts.is_empty() {
            let links = 0..self.tables[table].links.len();
            lifts.extend(links.filter(|link| inherited != Some(*link) && self.refers_back(table, *link)));
        }
        lifts
    }

    /// Each step of the path leads to an earlier table with time, and so is seen to by itself.
    fn is_timed_path(&self, table: usize, path: &[usize]) -> bool {
        let mut at = table;
        path.iter().all(|link| {
            let from = at;
            at = self.tables[at].links[*link].parent;
            at < from && self.has_time(at)
        })
    }

    /// Cuts an affinity link's rows into epochs of time. True where no child can be older than its parent.
    fn set_epochs(&mut self, plan: &Plan, table: usize, link: usize, up: usize) -> bool {
        let planned = &plan.tables[table].links[link];
        let plan::Law::Affinity { epochs, .. } = planned.law else { return false };
        if self.floor(table, 0).is_none() {
            return false;
        }
        let (rows, parents) = (self.tables[table].rows, self.tables[up].rows);
        let less = self.tables[table].links[link].pair.less();
        let mut kept = true;
        let mut spans: Vec<(u64, u64)> = Vec::new();
        for start in starts(rows, parents, epochs) {
            let Some(when) = self.floor(table, start) else { continue };
            let eligible = self.existing(up, when, 1 + less);
            kept &= self.ceiling(up, eligible).is_some_and(|latest| latest <= when);
            if spans.last().is_none_or(|(_, last)| *last != eligible - less) {
                spans.push((start, eligible - less));
            }
        }
        let key = self.tables[table].key.child(&planned.name);
        if let Some(law) = affinity(planned, key, rows, &spans, None) {
            self.tables[table].links[link].law = Law::Affinity(law);
        }
        kept
    }

    /// Whether the latest time of the first rows is known: the axis and everything lifted must be.
    fn is_tight(&self, table: usize, lifts: &[usize]) -> bool {
        let Some(running) = self.running(table) else { return false };
        let axis = match &running.base {
            Base::Own(_) => None,
            Base::Inherited(inherited) if inherited.mode == Mode::Together => Some(inherited.link),
            Base::Inherited(_) => return false,
        };
        let is_bounded = |link: usize| {
            let up = self.tables[table].links[link].parent;
            let is_rising = match &self.tables[table].links[link].law {
                Law::Affinity(_) | Law::Driver(_) => true,
                Law::OneToOne(law) => law.is_monotone(),
                _ => false,
            };
            let is_rising = is_rising && self.tables[table].links[link].pair.side.is_none();
            is_rising && up != table && self.running(up).is_some_and(|running| running.tight)
        };
        axis.is_none_or(|link| self.rising(table, link, 0).is_some() && is_bounded(link))
            && lifts.iter().all(|link| self.refers_back(table, *link) || is_bounded(*link))
    }

    /// Caches the times of a parent that are dear to work out, where they fit into `left` bytes; says how many they take.
    /// Tables after it ask for them at once, so that none is worked out anew along every path to it.
    fn set_cache(&mut self, table: usize, left: u64) -> u64 {
        let rows = self.tables[table].rows;
        let size = rows.saturating_mul(size_of::<Micros>() as u64);
        match &mut self.tables[table].clock {
            Some(running) if size <= left => {
                let is_dear = matches!(running.base, Base::Inherited(_)) || !running.lifts.is_empty();
                if is_dear {
                    running.cache = (0..rows.div_ceil(CHUNK)).map(|_| OnceLock::new()).collect();
                }
                if is_dear { size } else { 0 }
            }
            _ => 0,
        }
    }
}

/// The first rows of the epochs: even cuts, the first of which is halved until few rows come before the second parent.
/// Else the oldest parent would get a whole epoch.
fn starts(rows: u64, parents: u64, epochs: u64) -> Vec<u64> {
    let epochs = epochs.min(rows).max(1);
    let mut starts = vec![0];
    let mut first = rows / epochs;
    while first > (rows / parents).max(1) {
        first /= 2;
        starts.push(first);
    }
    starts
        .extend((1..epochs).map(|epoch| (u128::from(rows) * u128::from(epoch) / u128::from(epochs)) as u64));
    starts.sort_unstable();
    starts.dedup();
    starts
}
