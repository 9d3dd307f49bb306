//! Keyed permutations of 0..n that need no memory: a Feistel network over the smallest power of two that holds n, walked
//! along its cycle until it lands inside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).

use crate::rng::Key;

pub(crate) const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// 64 bits to 64 well-mixed bits, a bijection (the finaliser of SplitMix64, Stafford's variant 13).
#[inline(always)]
pub(crate) fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A permutation of `0..n`, for n up to 2^62; n = 0 counts as 1.
#[derive(Debug, Clone, Copy)]
pub struct Perm {
    n: u64,
    key: u64,
    /// Added at the end, modulo n: it alone makes every position uniform over keys, however small n is.
    turn: u64,
    /// Bits of the lower half.
    low: u32,
    low_mask: u64,
    high_mask: u64,
}

impl Perm {
    pub fn new(n: u64, key: Key) -> Self {
        let n = n.max(1);
        let bits = u64::BITS - (n - 1).leading_zeros();
        let low = bits.div_ceil(2);
        Self {
            n,
            key: key.0,
            turn: ((u128::from(mix(key.0 ^ GOLDEN)) * u128::from(n)) >> 64) as u64,
            low,
            low_mask: (1 << low) - 1,
            high_mask: (1 << (bits - low)) - 1,
        }
    }

    /// The size of the domain.
    #[inline]
    pub fn len(&self) -> u64 {
        self.n
    }

    /// False: the domain always holds 0.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Where `x` < n goes.
    #[inline]
    pub fn forward(&self, x: u64) -> u64 {
        debug_assert!(x < self.n);
        let mut y = self.encrypt(x);
        while y >= self.n {
            y = self.encrypt(y);
        }
        let turned = y + self.turn;
        if turned >= self.n { turned - self.n } else { turned }
    }

    /// What goes to `y` < n.
    #[inline]
    pub fn inverse(&self, y: u64) -> u64 {
        debug_assert!(y < self.n);
        let mut x = self.decrypt(if y >= self.turn { y - self.turn } else { y + self.n - self.turn });
        while x >= self.n {
            x = self.decrypt(x);
        }
        x
    }

    /// The round function: both halves of a 128-bit product, folded.
    #[inline(always)]
    fn scramble(&self, half: u64, round: u64) -> u64 {
        let keyed = half ^ self.key.wrapping_add(GOLDEN.wrapping_mul(round + 1));
        let product = u128::from(keyed) * u128::from(0xD6E8_FEB8_6659_FD93_u64 ^ self.key.rotate_left(32));
        (product >> 64) as u64 ^ product as u64
    }

    #[inline(always)]
    fn encrypt(&self, x: u64) -> u64 {
        let (mut low, mut high) = (x & self.low_mask, x >> self.low);
        for round in [0, 2, 4] {
            low ^= self.scramble(high, round) & self.low_mask;
            high ^= self.scramble(low, round + 1) & self.high_mask;
        }
        high << self.low | low
    }

    #[inline(always)]
    fn decrypt(&self, y: u64) -> u64 {
        let (mut low, mut high) = (y & self.low_mask, y >> self.low);
        for round in [4, 2, 0] {
            high ^= self.scramble(low, round + 1) & self.high_mask;
            low ^= self.scramble(high, round) & self.low_mask;
        }
        high << self.low | low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_undoes_forward_on_a_bijection() {
        for n in (1..70).chain([255, 256, 257, 1000, 4097]) {
            let perm = Perm::new(n, Key::new(1, &["perm"]).at(n));
            let mut seen = vec![false; n as usize];
            for x in 0..n {
                let y = perm.forward(x);
                assert!(y < n && !seen[y as usize], "n {n}: {x} -> {y}");
                seen[y as usize] = true;
                assert_eq!(perm.inverse(y), x);
            }
        }
    }

    #[test]
    fn large_domains_invert() {
        for n in [(1 << 40) + 12_345, (1 << 62) - 57] {
            let perm = Perm::new(n, Key::new(3, &["perm"]));
            for x in (0..1000).map(|i| i * (n / 1000)) {
                assert_eq!(perm.inverse(perm.forward(x)), x);
            }
        }
    }

    #[test]
    fn every_position_is_uniform_over_keys() {
        for n in [2_u64, 3, 5, 8, 13] {
            let mut counts = vec![0_f64; (n * n) as usize];
            let keys = 20_000;
            for key in 0..keys {
                let perm = Perm::new(n, Key::new(key, &["tiny"]));
                for x in 0..n {
                    counts[(x * n + perm.forward(x)) as usize] += 1.0;
                }
            }
            let wanted = keys as f64 / n as f64;
            let worst = counts.iter().map(|c| (c - wanted).abs() / wanted.sqrt()).fold(0.0, f64::max);
            assert!(worst < 4.5, "n {n}: {worst} standard deviations");
        }
    }

    /// Neighbours part: the pairs (forward(x), forward(x + 1)) fill a 16 by 16 table evenly (chi-square, 255 degrees).
    #[test]
    fn neighbours_are_independent() {
        for n in [1000, 65_537, 1 << 20] {
            let perm = Perm::new(n, Key::new(9, &["pairs"]));
            let mut cells = [0_f64; 256];
            let pairs = 65_536.min(n - 1);
            for x in 0..pairs {
                cells[(perm.forward(x) * 16 / n * 16 + perm.forward(x + 1) * 16 / n) as usize] += 1.0;
            }
            let wanted = pairs as f64 / 256.0;
            let chi = cells.iter().map(|c| (c - wanted) * (c - wanted) / wanted).sum::<f64>();
            assert!(chi < 370.0, "n {n}: {chi}");
        }
    }

    #[test]
    fn all_permutations_of_three_and_four_occur() {
        for (n, all) in [(3, 6), (4, 24)] {
            let seen: std::collections::BTreeSet<Vec<u64>> = (0..2000)
                .map(|seed| Perm::new(n, Key::new(seed, &["all"])))
                .map(|perm| (0..n).map(|x| perm.forward(x)).collect())
                .collect();
            assert_eq!(seen.len(), all);
        }
    }
}
