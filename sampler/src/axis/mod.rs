//! When rows happen. A table's time is its axis' time, lifted where a parent would be younger.
//!
//! `own` is the axis of a table with events of its own; `clock` decides, when a plan is opened, which links must be lifted
//! and which parents exist by when (`bounds`).

mod bounds;
mod check;
mod clock;
mod own;

use crate::links::{Cursor, Law, Topology};
use crate::plan::{Micros, Mode};
use crate::rng::Key;
use crate::world::{Keys, NONE};
use libm::log;
use own::Own;
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

/// Rows of a cached piece of a table's times.
const CHUNK: u64 = 1024;

/// How the times of a table that has time are found.
#[derive(Debug)]
pub(crate) struct Running {
    pub base: Base,
    pub resolution: Micros,
    /// Links whose parent may be younger than the axis says.
    pub lifts: Vec<usize>,
    /// Whether `Topology::ceiling` says something about this table.
    pub tight: bool,
    /// What `Topology::ceiling` has found, while a plan is opened: else it is looked for anew along every path.
    pub ceilings: Mutex<HashMap<u64, Option<Micros>>>,
    /// Times by chunk, where they are asked for often and dear.
    pub cache: Vec<OnceLock<Box<[Micros]>>>,
}

#[derive(Debug)]
pub(crate) enum Base {
    Own(Box<Own>),
    Inherited(Inherited),
}

#[derive(Debug)]
pub(crate) struct Inherited {
    pub key: Key,
    pub link: usize,
    /// What rows without a parent are spread from, up to the end.
    pub origin: Micros,
    pub end: Micros,
    pub mode: Mode,
    pub delay: Micros,
}

/// The next multiple of `resolution` >= 1 at or after `time`.
#[inline]
pub(crate) fn round_up(time: Micros, resolution: Micros) -> Micros {
    let late = time.rem_euclid(resolution);
    if late == 0 { time } else { time.saturating_add(resolution - late) }
}

/// `delay` squeezed into `room`: nearly itself where it is short, never past it; never falls behind as room shrinks.
#[inline]
fn squeeze(delay: f64, room: f64) -> Micros {
    if room <= 0.0 || delay <= 0.0 { 0 } else { (delay * (room / (room + delay))) as Micros }
}

impl Running {
    fn new(base: Base, resolution: Micros) -> Self {
        Self { base, resolution, lifts: vec![], tight: false, ceilings: Mutex::default(), cache: vec![] }
    }
}

impl Inherited {
    /// The time of child `ordinal` of `count` of a parent at `time`. Siblings are in order: their delays are the
    /// stratified quantiles of the law.
    #[inline]
    fn time(&self, time: Micros, row: u64, ordinal: u64, count: u64) -> Micros {
        let room = self.end.saturating_sub(time).max(0) as f64;
        let u = || ((ordinal as f64 + self.key.uniform(row, 0)) / count as f64).min(1.0 - f64::EPSILON);
        time + match self.mode {
            Mode::Together => 0,
            Mode::Span => (room * u()) as Micros,
            Mode::Delay => squeeze(-log(1.0 - u()) * self.delay as f64, room),
        }
    }

    /// The time of a row without a parent.
    fn orphan(&self, row: u64) -> Micros {
        let origin = self.origin.min(self.end);
        origin + (self.key.uniform(row, 1) * (self.end - origin) as f64) as Micros
    }
}

impl Topology {
    /// The clock of a table with time.
    pub(crate) fn running(&self, table: usize) -> Option<&Running> {
        self.tables[table].clock.as_deref()
    }

    /// The times of `rows`, pushed to `out`, by way of the cache where the table has one.
    pub(crate) fn clock_times(&self, table: usize, rows: &[u64], out: &mut Vec<Micros>) {
        match self.running(table) {
            Some(running) if !running.cache.is_empty() => {
                out.extend(rows.iter().map(|row| {
                    let chunk = running.cache[(row / CHUNK) as usize].get_or_init(|| {
                        let start = row / CHUNK * CHUNK;
                        let rows: Vec<u64> = (start..(start + CHUNK).min(self.tables[table].rows)).collect();
                        let mut times = Vec::with_capacity(rows.len());
                        self.reckon(table, &rows, &mut times);
                        times.into_boxed_slice()
                    });
                    chunk[(row % CHUNK) as usize]
                }));
            }
            _ => self.reckon(table, rows, out),
        }
    }

    /// The times of `rows`, pushed to `out`, worked out. A table refers to itself only in earlier rows, and else to
    /// tables before it, so this ends with no rows left; its own cache is left alone, since it may be about to be filled.
    fn reckon(&self, table: usize, rows: &[u64], out: &mut Vec<Micros>) {
        let Some(running) = self.running(table) else {
            out.extend(rows.iter().map(|_| 0));
            return;
        };
        if rows.is_empty() {
            return;
        }
        let first = out.len();
        match &running.base {
            Base::Own(own) => out.extend(rows.iter().map(|row| own.time(*row))),
            Base::Inherited(inherited) => self.inherit(table, inherited, rows, out),
        }
        for link in &running.lifts {
            let times = self.parent_times(table, *link, rows);
            for (time, parent) in out[first..].iter_mut().zip(times) {
                *time = parent.map_or(*time, |parent| parent.max(*time));
            }
        }
        for time in &mut out[first..] {
            *time = round_up(*time, running.resolution);
        }
    }

    /// The time of each row's parent along `link`, None where there is none or it is the row itself.
    fn parent_times(&self, table: usize, link: usize, rows: &[u64]) -> Vec<Option<Micros>> {
        let up = self.tables[table].links[link].parent;
        let mut parents = Vec::with_capacity(rows.len());
        self.parents(table, link, rows, &mut parents);
        let is_met = |parent: u64, row: u64| parent != NONE && (up != table || parent < row);
        let met: Vec<u64> =
            parents.iter().zip(rows).filter(|(p, r)| is_met(**p, **r)).map(|(p, _)| *p).collect();
        let mut times = Vec::with_capacity(met.len());
        if up == table {
            self.reckon(up, &met, &mut times);
        } else {
            self.clock_times(up, &met, &mut times);
        }
        let mut times = times.into_iter();
        parents.iter().zip(rows).map(|(p, r)| if is_met(*p, *r) { times.next() } else { None }).collect()
    }

    fn inherit(&self, table: usize, inherited: &Inherited, rows: &[u64], out: &mut Vec<Micros>) {
        let link = &self.tables[table].links[inherited.link];
        if !self.has_time(link.parent) {
            out.extend(rows.iter().map(|row| inherited.orphan(*row)));
            return;
        }
        let times = self.parent_times(table, inherited.link, rows);
        let mut cursor = match &link.law {
            Law::Driver(driver) => Some(Cursor::new(driver)),
            _ => None,
        };
        out.extend(rows.iter().zip(times).map(|(row, time)| match (time, &mut cursor) {
            (None, _) => inherited.orphan(*row),
            (Some(time), None) => inherited.time(time, *row, 0, 1),
            (Some(time), Some(cursor)) => {
                let slot = cursor.of_row(*row);
                inherited.time(time, *row, *row - slot.start, slot.end - slot.start)
            }
        }));
    }
}
