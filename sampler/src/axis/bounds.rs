//! What is known of the times of many rows at once, without looking at each: it decides which parents an epoch's children
//! may meet, and which links need no lifting.

use super::{Base, Inherited, Running, round_up, squeeze};
use crate::links::{Law, Link, Topology};
use crate::plan::{Micros, Mode};
use std::sync::PoisonError;

impl Topology {
    /// The parent of `row` along `link`, where parents rise with rows and are never NULL.
    pub(super) fn rising(&self, table: usize, link: usize, row: u64) -> Option<u64> {
        let link = &self.tables[table].links[link];
        match &link.law {
            _ if link.nulls.rate > 0.0 || !link.pair.is_plain() => None,
            Law::Driver(driver) => Some(driver.of_row(row).rank),
            Law::OneToOne(law) if law.is_monotone() => Some(law.of_row(row)),
            _ => None,
        }
    }

    /// A time that no row from `row` on is earlier than; never falls with `row`.
    pub(super) fn floor(&self, table: usize, row: u64) -> Option<Micros> {
        let running = self.running(table)?;
        let base = match &running.base {
            Base::Own(own) => own.time(row),
            Base::Inherited(inherited) => {
                let up = self.tables[table].links[inherited.link].parent;
                self.floor(up, self.rising(table, inherited.link, row)?)?
            }
        };
        Some(round_up(base, running.resolution))
    }

    /// A time that none of the rows `0..rows` is later than, rows >= 1; never falls with `rows`. None where nothing
    /// useful is known (the clock isn't `tight`).
    pub(super) fn ceiling(&self, table: usize, rows: u64) -> Option<Micros> {
        let running = self.running(table).filter(|running| running.tight)?;
        let known = || running.ceilings.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().get(&rows).copied();
        found.unwrap_or_else(|| {
            let found = self.find_ceiling(table, running, rows);
            known().insert(rows, found);
            found
        })
    }

    fn find_ceiling(&self, table: usize, running: &Running, rows: u64) -> Option<Micros> {
        let mut latest = match &running.base {
            Base::Own(own) => own.time(rows - 1),
            Base::Inherited(Inherited { link, .. }) => self.lifted_ceiling(table, *link, rows - 1)?,
        };
        for link in &running.lifts {
            if self.tables[table].links[*link].parent != table {
                latest = latest.max(self.lifted_ceiling(table, *link, rows - 1)?);
            }
        }
        Some(round_up(latest, running.resolution))
    }

    /// A time that no parent along `link` of the rows `0..=row` is later than.
    fn lifted_ceiling(&self, table: usize, link: usize, row: u64) -> Option<Micros> {
        let Link { parent: up, law, pair, .. } = &self.tables[table].links[link];
        let up = *up;
        match law {
            _ if pair.side.is_some() => None,
            Law::Affinity(affinity) => match affinity.epoch(row).eligible {
                0 => Some(Micros::MIN),
                eligible => self.ceiling(up, eligible + pair.less()),
            },
            Law::Driver(driver) => self.ceiling(up, driver.of_row(row).rank + 1),
            Law::OneToOne(law) if law.is_monotone() => self.ceiling(up, law.of_row(row) + 1),
            Law::Never => Some(Micros::MIN),
            _ => None,
        }
    }

    /// About when `row` happens; never falls with `row`. It says how far a table has come where `ceiling` can't.
    pub(super) fn about(&self, table: usize, row: u64) -> Option<Micros> {
        match &self.running(table)?.base {
            Base::Own(own) => Some(own.time(row)),
            Base::Inherited(inherited) => {
                let up = self.tables[table].links[inherited.link].parent;
                let time = self.about(up, self.rising(table, inherited.link, row)?)?;
                let room = inherited.end.saturating_sub(time).max(0) as f64;
                Some(
                    time + match inherited.mode {
                        Mode::Together => 0,
                        Mode::Span => (room / 2.0) as Micros,
                        Mode::Delay => squeeze(inherited.delay as f64, room),
                    },
                )
            }
        }
    }

    /// How many parents, at least `least`, exist by `when`: exactly where it is known, else about.
    pub(super) fn existing(&self, table: usize, when: Micros, least: u64) -> u64 {
        let rows = self.tables[table].rows;
        let tight = self.running(table).is_some_and(|running| running.tight);
        let latest =
            |count: u64| if tight { self.ceiling(table, count) } else { self.about(table, count - 1) };
        let (mut low, mut high) = (least, rows);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            // Where nothing is known all parents count as existing: lifting sees to the rest.
            if latest(middle).is_none_or(|latest| latest <= when) { low = middle } else { high = middle - 1 }
        }
        low
    }
}
