//! A table's own axis: row number to time by an inverse cumulative intensity.

use super::round_up;
use crate::plan::Micros;
use crate::rng::Key;
use libm::{exp, sin};

const DAY: Micros = 86_400_000_000;
/// Past this many days a bin holds several.
const MAX_BINS: i64 = 1 << 18;

/// What `plan::Axis::Own` says about the intensity.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm<'a> {
    pub trend: f64,
    pub yearly: f64,
    pub weekly: &'a [f64],
    pub hourly: &'a [f64],
}

#[derive(Debug)]
pub struct Own {
    key: Key,
    rows: u64,
    start: Micros,
    end: Micros,
    resolution: Micros,
    distinct: bool,
    /// The first bin's midnight and a bin's length.
    origin: Micros,
    bin: Micros,
    /// Intensity before each bin, and in all.
    before: Vec<f64>,
    /// The same at start and end.
    ends: (f64, f64),
    /// The bin in which each 1/len of the intensity between the ends begins.
    guide: Vec<u32>,
    /// Share of a bin's intensity before each 24th of it.
    hours: [f64; 25],
}

impl Own {
    /// Requires start <= end, resolution >= 1 and finite rates.
    pub fn new(
        (start, end): (Micros, Micros),
        rows: u64,
        rhythm: Rhythm<'_>,
        resolution: Micros,
        distinct: bool,
        key: Key,
    ) -> Self {
        let days = end.div_euclid(DAY) - start.div_euclid(DAY) + 1;
        let width = (days + MAX_BINS - 1) / MAX_BINS;
        let bins = ((days + width - 1) / width) as usize;
        let origin = start.div_euclid(DAY) * DAY;
        let phase = key.uniform(0, 1);
        let mut before = Vec::with_capacity(bins + 1);
        let mut total = 0.0;
        for bin in 0..bins {
            before.push(total);
            let day = origin.div_euclid(DAY) + bin as i64 * width;
            let x = (bin as f64 + 0.5) / bins as f64;
            let season = sin(2.0 * std::f64::consts::PI * (day as f64 / 365.25 + phase));
            // 1970-01-01 was a Thursday; `weekly` starts on Monday.
            let weekday = if width == 1 { rhythm.weekly[(day + 3).rem_euclid(7) as usize] } else { 1.0 };
            total += exp(rhythm.trend * x) * (1.0 + rhythm.yearly * season).max(0.0) * weekday;
        }
        before.push(total);
        let hourly = if width == 1 { rhythm.hourly } else { &[1.0; 24] };
        let mut own = Self {
            key,
            rows,
            start,
            end,
            resolution,
            distinct,
            origin,
            bin: width * DAY,
            before,
            ends: (0.0, 0.0),
            guide: Vec::new(),
            hours: cumulate(hourly),
        };
        own.ends = (own.intensity(start), own.intensity(end));
        if own.ends.1 <= own.ends.0 {
            // Nothing ever happens in the span: fall back on an even flow.
            own.before = (0..=bins).map(|bin| bin as f64).collect();
            own.hours = cumulate(&[1.0; 24]);
            own.ends = (own.intensity(start), own.intensity(end));
        }
        let cells = own.before.len() - 1;
        own.guide = (0..cells)
            .map(|cell| {
                let target = own.ends.0 + (own.ends.1 - own.ends.0) * (cell as f64 / cells as f64);
                own.before.partition_point(|before| *before <= target).clamp(1, cells) as u32 - 1
            })
            .collect();
        own
    }

    /// The moments at which rows can be: rows are distinct only if there are as many.
    pub fn slots(&self) -> u64 {
        let (first, last) = self.slot_range();
        (last - first + 1).max(0) as u64
    }

    /// The time of `row` < rows, a multiple of the resolution; never falls with the row.
    pub fn time(&self, row: u64) -> Micros {
        // The first row begins the table: what refers to a small one need not wait for half of the span. (Times that are
        // keys stay where they are, or tables that are added to would begin with the same one.)
        let late = if row == 0 && !self.distinct { 0.0 } else { self.key.uniform(row, 0) };
        let position = (row as f64 + late) / self.rows as f64;
        let time = self.at(position.min(1.0));
        if !self.distinct {
            return round_up(time, self.resolution);
        }
        // One slot for each row, and what is left over is spread as the intensity has it.
        let spare = self.slots().saturating_sub(self.rows) as f64;
        let part = (time - self.start) as f64 / ((self.end - self.start).max(1)) as f64;
        (self.slot_range().0 + row as i64 + (spare * part) as i64) * self.resolution
    }

    /// How many rows are no later than `time`.
    pub fn before(&self, time: Micros) -> u64 {
        let (mut low, mut high) = (0, self.rows);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time(middle) <= time { low = middle + 1 } else { high = middle }
        }
        low
    }

    fn slot_range(&self) -> (i64, i64) {
        (round_up(self.start, self.resolution) / self.resolution, self.end.div_euclid(self.resolution))
    }

    /// The moment by which `position` in 0..=1 of everything has happened.
    fn at(&self, position: f64) -> Micros {
        let last = self.before.len() - 2;
        let target = self.ends.0 + (self.ends.1 - self.ends.0) * position;
        let mut bin = self.guide[((position * self.guide.len() as f64) as usize).min(last)] as usize;
        while bin > 0 && self.before[bin] > target {
            bin -= 1;
        }
        while bin < last && self.before[bin + 1] <= target {
            bin += 1;
        }
        let height = self.before[bin + 1] - self.before[bin];
        let part = if height > 0.0 { ((target - self.before[bin]) / height).clamp(0.0, 1.0) } else { 0.0 };
        let hour = self.hours.partition_point(|share| *share <= part).clamp(1, 24) - 1;
        let rise = self.hours[hour + 1] - self.hours[hour];
        let inside = if rise > 0.0 { ((part - self.hours[hour]) / rise).min(1.0) } else { 0.0 };
        let hours = (hour as f64 + inside) / 24.0 * self.bin as f64;
        (self.origin + bin as i64 * self.bin + hours as i64).clamp(self.start, self.end)
    }

    /// The cumulative intensity at a moment of the span.
    fn intensity(&self, time: Micros) -> f64 {
        let bin = (((time - self.origin) / self.bin).max(0) as usize).min(self.before.len() - 2);
        let part = (time - self.origin - bin as i64 * self.bin) as f64 / self.bin as f64;
        let hour = ((part * 24.0) as usize).min(23);
        let share =
            self.hours[hour] + (self.hours[hour + 1] - self.hours[hour]) * (part * 24.0 - hour as f64);
        self.before[bin] + (self.before[bin + 1] - self.before[bin]) * share
    }
}

/// Cumulated shares of 24 rates; even ones where all are 0.
fn cumulate(rates: &[f64]) -> [f64; 25] {
    let total = rates.iter().sum::<f64>();
    let mut shares = [0.0; 25];
    for hour in 0..24 {
        let share = if total > 0.0 { rates.get(hour).copied().unwrap_or(0.0) / total } else { 1.0 / 24.0 };
        shares[hour + 1] = shares[hour] + share;
    }
    shares[24] = 1.0;
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: Micros = 365 * DAY;
    const HOUR: Micros = DAY / 24;
    const WEEKLY: [f64; 7] = [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.25];

    fn axis(rows: u64, resolution: Micros, distinct: bool) -> Own {
        let mut hourly = [1.0; 24];
        hourly[..8].fill(0.0);
        let rhythm = Rhythm { trend: 1.0, yearly: 0.3, weekly: &WEEKLY, hourly: &hourly };
        Own::new(
            (18_262 * DAY + 5 * HOUR, 18_262 * DAY + YEAR),
            rows,
            rhythm,
            resolution,
            distinct,
            Key::new(0, &["axis"]),
        )
    }

    #[test]
    fn rises_inside_the_span_and_keeps_the_rhythm() {
        let own = axis(20_000, 1_000_000, false);
        let times: Vec<Micros> = (0..20_000).map(|row| own.time(row)).collect();
        assert!(times.is_sorted() && times[0] >= own.start && times[19_999] <= own.end);
        assert!(times.iter().all(|time| time % 1_000_000 == 0));
        let share = |test: &dyn Fn(Micros) -> bool| {
            times.iter().filter(|time| test(**time)).count() as f64 / 20_000.0
        };
        assert!(share(&|time| time.rem_euclid(DAY) < 8 * HOUR) < 1e-3);
        assert!(share(&|time| (time.div_euclid(DAY) + 3).rem_euclid(7) == 5) < 1e-3);
        let sundays = share(&|time| (time.div_euclid(DAY) + 3).rem_euclid(7) == 6);
        assert!((sundays - 0.25 / 5.25).abs() < 0.01, "{sundays}");
        assert!(share(&|time| time > own.start + YEAR / 2) > 0.55);
    }

    #[test]
    fn distinct_times_rise_strictly_to_the_brim() {
        for rows in [1, 2, 300, 365] {
            let own = axis(rows, DAY, true);
            assert_eq!(own.slots(), 365);
            let times: Vec<Micros> = (0..rows).map(|row| own.time(row)).collect();
            assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= DAY), "{rows}");
            assert!(times.iter().all(|time| (own.start..=own.end).contains(time)));
        }
    }

    #[test]
    fn spans_without_events_or_length_work() {
        let rhythm = Rhythm { trend: 0.0, yearly: 0.0, weekly: &[0.0; 7], hourly: &[0.0; 24] };
        for (start, end) in [(0, 0), (0, 10 * DAY), (-5 * DAY + 1, 7), (0, 3_000_000 * DAY)] {
            let own = Own::new((start, end), 100, rhythm, 1, false, Key::new(0, &["axis"]));
            let times: Vec<Micros> = (0..100).map(|row| own.time(row)).collect();
            assert!(
                times.is_sorted() && times.iter().all(|time| (start..=end).contains(time)),
                "{start} {end}"
            );
        }
    }
}
