//! Stretches that don't overlap: the k-th of the n rows of a group takes the k-th slot of a monotone cut of the group's
//! line. Any two slots, and a row's stretch inside its own, are known from (group, k, n) alone.

use crate::rng::Key;

/// The line and how it is cut; all in the same unit (microseconds of times, ones of whole numbers).
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    pub low: i64,
    pub high: i64,
    /// Bounds are multiples of it, and neighbours stay as far apart at least.
    pub resolution: i64,
    /// No stretch is longer.
    pub longest: i64,
    pub key: Key,
}

/// How far into its share of the line a slot may begin.
const LATE: f64 = 0.7;

/// Units of resolution that each slot has room for: the least distance of two beginnings is then above 3.
const ROOM: i128 = 16;

impl Cut {
    /// (begin, end) of row `k` of the `n` of `group`, whose line begins at `origin` at the earliest. Ends lie after
    /// their begin and before the next one's. A line with too little room is drawn out past `high`.
    pub fn stretch(&self, group: u64, k: u64, n: u64, origin: i64) -> (i64, i64) {
        let key = self.key.at(group);
        let low = origin.max(self.low);
        let resolution = i128::from(self.resolution.max(1));
        let length = (i128::from(self.high) - i128::from(low)).max(i128::from(n) * ROOM * resolution);
        let begin = |k: u64| {
            let late = if k < n { (LATE * 1e6 * key.uniform(k, 0)) as i128 } else { 0 };
            let at =
                i128::from(low) + (i128::from(k) * 1_000_000 + late) * length / (i128::from(n) * 1_000_000);
            at.div_euclid(resolution) * resolution
        };
        let (start, next) = (begin(k), begin(k + 1));
        let room = (next - start - resolution).min(i128::from(self.longest.max(1)));
        let size = ((0.25 + 0.75 * key.uniform(k, 1)) * room as f64) as i128;
        let size = (size / resolution * resolution).max(resolution);
        (saturated(start), saturated(start + size))
    }
}

fn saturated(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_never_touch() {
        for (low, high, resolution) in [
            (0, 1_000_000, 1),
            (-77, -50, 1),
            (5, 5, 10),
            (1_700_000_000_000_001, 1_800_000_000_000_000, 86_400_000_000),
        ] {
            for longest in [1, 3 * resolution, i64::MAX] {
                for n in [1, 2, 3, 17, 1000] {
                    let cut = Cut { low, high, resolution, longest, key: Key::new(4, &["slot"]) };
                    for group in 0..5 {
                        let origin = low + group as i64 * 3;
                        let found: Vec<_> = (0..n).map(|k| cut.stretch(group, k, n, origin)).collect();
                        assert!(found[0].0 > origin.max(low) - resolution);
                        for (start, end) in &found {
                            assert!(start < end && end - start <= longest.max(resolution));
                            assert!(start % resolution == 0 && end % resolution == 0);
                        }
                        assert!(found.is_sorted());
                        for pair in found.windows(2) {
                            assert!(pair[0].1 < pair[1].0, "{low}..{high} / {n}: {pair:?}");
                        }
                        let room = i128::from(high - origin) >= i128::from(n) * ROOM * i128::from(resolution);
                        assert!(!room || found[n as usize - 1].1 <= high);
                    }
                }
            }
        }
    }
}
