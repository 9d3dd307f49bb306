//! A short sequence of random numbers under one key, for structure and weights (rows have addresses of their own).

use super::math;
use super::wide::wide;
use crate::rng::Key;

#[derive(Debug, Clone)]
pub struct Draws {
    key: Key,
    next: u64,
    /// Words of a block that are left, and how many.
    block: [u32; 4],
    left: usize,
}

impl Draws {
    pub fn new(key: Key) -> Self {
        Self { key, next: 0, block: [0; 4], left: 0 }
    }

    fn bits(&mut self) -> u64 {
        self.next += 1;
        self.key.bits(self.next, 0)
    }

    /// 32 bits: four from each block of random numbers, for the many weights of a network.
    pub fn word(&mut self) -> u32 {
        if self.left == 0 {
            self.next += 1;
            self.block = self.key.words(self.next, 1);
            self.left = 4;
        }
        self.left -= 1;
        self.block[self.left]
    }

    /// As many calls of `word`, many blocks at a time.
    pub fn words(&mut self, count: usize) -> Vec<u32> {
        let mut out = Vec::with_capacity(count);
        while out.len() < count && self.left > 0 {
            out.push(self.word());
        }
        let blocks = (count - out.len()) / 4;
        let start = out.len();
        out.resize(start + 4 * blocks, 0);
        fill(self.key, self.next + 1, &mut out[start..]);
        self.next += blocks as u64;
        while out.len() < count {
            out.push(self.word());
        }
        out
    }

    /// Leaves out as many calls of `word`.
    pub fn skip(&mut self, count: usize) {
        let held = count.min(self.left);
        self.left -= held;
        self.next += ((count - held) / 4) as u64;
        (0..(count - held) % 4).for_each(|_| _ = self.word());
    }

    /// Uniform in (0, 1).
    pub fn uniform(&mut self) -> f64 {
        crate::rng::unit(self.bits())
    }

    /// Uniform in (low, high).
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform in 0..n; 0 where n is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Uniform in low..=high.
    pub fn int(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    pub fn normal(&mut self) -> f64 {
        f64::from(math::normal(self.bits() as u32))
    }

    pub fn cauchy(&mut self) -> f64 {
        libm::tan(std::f64::consts::PI * (self.uniform() - 0.5))
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub fn shuffle<T>(&mut self, xs: &mut [T]) {
        for i in (1..xs.len()).rev() {
            xs.swap(i, self.below(i + 1));
        }
    }
}

wide!(fn fill(key: Key, next: u64, out: &mut [u32]) = fill_any);

/// Blocks from the `next`-th on, each as `word` takes it: from its end.
#[inline(always)]
fn fill_any(key: Key, next: u64, out: &mut [u32]) {
    const MANY: usize = 8;
    for (group, out) in out.chunks_mut(4 * MANY).enumerate() {
        let first = next + (group * MANY) as u64;
        let block = key.many::<MANY>(std::array::from_fn(|k| first + k as u64), [1; MANY]);
        for (k, out) in out.chunks_exact_mut(4).enumerate() {
            for (word, out) in out.iter_mut().enumerate() {
                *out = block[3 - word][k];
            }
        }
    }
}

/// `x` to four decimals: what is drawn stays readable in the plan.
pub fn round4(x: f64) -> f64 {
    (x * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_words_are_those_drawn_one_by_one() {
        for (before, count) in [(0, 0), (0, 3), (1, 2), (2, 1), (3, 70), (4, 64), (5, 1_000)] {
            let (mut many, mut single) = (Draws::new(Key::new(3, &["w"])), Draws::new(Key::new(3, &["w"])));
            for draws in [&mut many, &mut single] {
                (0..before).for_each(|_| _ = draws.word());
                draws.uniform();
            }
            let wanted: Vec<u32> = (0..count).map(|_| single.word()).collect();
            assert_eq!(many.words(count), wanted, "{before} {count}");
            let mut skipped = Draws::new(Key::new(3, &["w"]));
            (0..before).for_each(|_| _ = skipped.word());
            skipped.uniform();
            skipped.skip(count);
            assert_eq!((skipped.next, skipped.left), (many.next, many.left), "{before} {count}");
            assert_eq!((many.word(), many.uniform()), (single.word(), single.uniform()), "{before} {count}");
        }
    }
}
