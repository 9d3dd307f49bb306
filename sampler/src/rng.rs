//! Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11),
//! keyed by a hash of names, addressed by row, lane and attempt. No state, no order.

use xxhash_rust::xxh3::xxh3_64_with_seed;

const M0: u32 = 0xD251_1F53;
const M1: u32 = 0xCD9E_8D57;
const W0: u32 = 0x9E37_79B9;
const W1: u32 = 0xBB67_AE85;

/// Philox4x32 with 10 rounds: the block of four words at `counter` under `key`.
#[inline(always)]
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let p0 = u64::from(M0) * u64::from(counter[0]);
        let p1 = u64::from(M1) * u64::from(counter[2]);
        counter = [
            (p1 >> 32) as u32 ^ counter[1] ^ key[0],
            p1 as u32,
            (p0 >> 32) as u32 ^ counter[3] ^ key[1],
            p0 as u32,
        ];
        key = [key[0].wrapping_add(W0), key[1].wrapping_add(W1)];
    }
    counter
}

/// A stream of addressable numbers: made from the seed and names, never from positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(pub u64);

impl Key {
    /// The key of `names` under `seed`: each name is hashed with its length's own boundary, so ("ab", "c") and
    /// ("a", "bc") differ.
    pub fn new(seed: u64, names: &[&str]) -> Self {
        names.iter().fold(Self(xxh3_64_with_seed(b"plurel-sql", seed)), |key, name| key.child(name))
    }

    /// The key one name further down.
    pub fn child(self, name: &str) -> Self {
        Self(xxh3_64_with_seed(name.as_bytes(), self.0))
    }

    /// The key of the `index`-th thing under this key (a block, a scope row).
    pub fn at(self, index: u64) -> Self {
        Self(xxh3_64_with_seed(&index.to_le_bytes(), self.0))
    }

    /// Four words at (`row`, `lane`): `lane` separates draws of one purpose for one row (attempts, entries).
    #[inline(always)]
    pub fn words(self, row: u64, lane: u64) -> [u32; 4] {
        philox(
            [row as u32, (row >> 32) as u32, lane as u32, (lane >> 32) as u32],
            [self.0 as u32, (self.0 >> 32) as u32],
        )
    }

    /// `words` at neighbouring places, word by word: the loops over them vectorise.
    #[inline(always)]
    pub fn many<const N: usize>(self, rows: [u64; N], lanes: [u64; N]) -> [[u32; N]; 4] {
        let (mut a, mut b, mut c, mut d) = ([0; N], [0; N], [0; N], [0; N]);
        for k in 0..N {
            (a[k], b[k]) = (rows[k] as u32, (rows[k] >> 32) as u32);
            (c[k], d[k]) = (lanes[k] as u32, (lanes[k] >> 32) as u32);
        }
        let mut key = [self.0 as u32, (self.0 >> 32) as u32];
        for _ in 0..10 {
            for k in 0..N {
                let p0 = u64::from(M0) * u64::from(a[k]);
                let p1 = u64::from(M1) * u64::from(c[k]);
                a[k] = (p1 >> 32) as u32 ^ b[k] ^ key[0];
                b[k] = p1 as u32;
                c[k] = (p0 >> 32) as u32 ^ d[k] ^ key[1];
                d[k] = p0 as u32;
            }
            key = [key[0].wrapping_add(W0), key[1].wrapping_add(W1)];
        }
        [a, b, c, d]
    }

    /// 64 random bits.
    #[inline(always)]
    pub fn bits(self, row: u64, lane: u64) -> u64 {
        let w = self.words(row, lane);
        u64::from(w[0]) << 32 | u64::from(w[1])
    }

    /// Uniform in the open interval (0, 1), 52 bits, symmetric.
    #[inline(always)]
    pub fn uniform(self, row: u64, lane: u64) -> f64 {
        unit(self.bits(row, lane))
    }

    /// Uniform in 0..n (n >= 1), by multiplication; the bias is below n / 2^64.
    #[inline(always)]
    pub fn below(self, row: u64, lane: u64, n: u64) -> u64 {
        ((u128::from(self.bits(row, lane)) * u128::from(n)) >> 64) as u64
    }
}

/// 64 bits as a number in the open interval (0, 1).
#[inline(always)]
pub fn unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of Random123 1.14 (kat_vectors, philox4x32 10).
    #[test]
    fn philox_known_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn keys_depend_on_boundaries_and_seed() {
        assert_ne!(Key::new(0, &["ab", "c"]), Key::new(0, &["a", "bc"]));
        assert_ne!(Key::new(0, &["a"]), Key::new(1, &["a"]));
        assert_ne!(Key::new(0, &["a"]).at(0), Key::new(0, &["a"]).at(1));
    }

    #[test]
    fn uniform_stays_inside() {
        assert!(unit(0) > 0.0 && unit(u64::MAX) < 1.0);
        let key = Key::new(0, &["t"]);
        let mean = (0..10_000).map(|row| key.uniform(row, 0)).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        assert!((0..10_000).all(|row| key.below(row, 1, 7) < 7));
    }
}
