//! A short sequence of random numbers under one key, for structure and weights (rows have addresses of their own).

use super::math;
use crate::rng::Key;

#[derive(Debug)]
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

/// `x` to four decimals: what is drawn stays readable in the plan.
pub fn round4(x: f64) -> f64 {
    (x * 1e4).round() / 1e4
}
