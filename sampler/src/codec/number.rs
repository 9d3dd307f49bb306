//! Numbers and points in time, by their quantile function.

use super::draw::Steps;
use super::types::{self, Class, class, power, scale, whole};
use super::{Input, Scope};
use crate::error::Result;
use crate::plan;
use crate::rng::Key;
use arrow_array::ArrayRef;
use arrow_schema::DataType;

#[derive(Debug)]
pub struct Number {
    data_type: DataType,
    steps: Steps,
    /// Rank, value and slope at the start of each step.
    pieces: Vec<(f64, f64, f64)>,
    rounding: Rounding,
    low: f64,
    high: f64,
    /// `low` and `high` in the type's own scale, rounded inwards.
    limits: (i128, i128),
    endings: Vec<f64>,
    ending_share: f64,
    key: Key,
}

/// How to round to a multiple of the step. Dividing by a whole number gives 0.3 where multiplying gives
/// 0.30000000000000004.
#[derive(Debug, Clone, Copy)]
enum Rounding {
    None,
    Multiple(f64),
    Fraction(f64),
}

impl Rounding {
    fn of(step: f64) -> Self {
        let parts = (1.0 / step).round();
        if step == 0.0 {
            Self::None
        } else if step < 1.0 && (parts * step - 1.0).abs() < 1e-9 {
            Self::Fraction(parts)
        } else {
            Self::Multiple(step)
        }
    }

    #[inline]
    fn apply(self, value: f64) -> f64 {
        match self {
            Self::None => value,
            Self::Multiple(step) => (value / step).round() * step,
            Self::Fraction(parts) => (value * parts).round() / parts,
        }
    }
}

impl Number {
    pub fn compile(spec: &plan::Codec, data_type: &DataType, scope: &Scope<'_>) -> Result<Self> {
        let plan::Codec::Number { knots, step, low, high, endings, ending_share } = spec else {
            return Err(scope.error("not a number codec"));
        };
        let (u, x) = (&knots.u, &knots.x);
        let rising = u.windows(2).all(|pair| pair[0] <= pair[1]);
        if u.is_empty() || u.len() != x.len() || !rising || u.iter().chain(x).any(|value| !value.is_finite())
        {
            return Err(
                scope.error("knots: expected as many finite x as u, at least one, u in ascending order")
            );
        }
        if !(step.is_finite() && *step >= 0.0) || endings.iter().any(|ending| !(0.0..1.0).contains(ending)) {
            return Err(scope.error("step: expected 0 or more; endings: expected fractions, 0 <= ending < 1"));
        }
        let (low, high) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
        if low.is_nan() || high.is_nan() || low > high {
            return Err(scope.error(format!("expected low <= high, not {low} and {high}")));
        }
        let pieces = (0..u.len()).map(|k| {
            let next = (k + 1).min(u.len() - 1);
            let width = u[next] - u[k];
            (u[k], x[k], if width > 0.0 { (x[next] - x[k]) / width } else { 0.0 })
        });
        let unit = power(scale(data_type)) as f64;
        let limits = (whole((low * unit - 1e-6).ceil()), whole((high * unit + 1e-6).floor()));
        if class(data_type) != Class::Float && limits.0 > limits.1 {
            return Err(scope.error(format!("no value of type {data_type} lies in {low}..{high}")));
        }
        Ok(Self {
            data_type: data_type.clone(),
            steps: Steps::from_ends(u[1..].iter().copied().chain([u[u.len() - 1]]).collect(), u.len() - 1),
            pieces: pieces.collect(),
            rounding: Rounding::of(*step),
            low,
            high,
            limits,
            endings: if *ending_share > 0.0 { endings.clone() } else { Vec::new() },
            ending_share: *ending_share,
            key: scope.key.child("ending"),
        })
    }

    #[inline]
    fn value(&self, address: u64, rank: f64) -> f64 {
        let (start, value, slope) = self.pieces[self.steps.find(rank)];
        let value = self.rounding.apply(value + slope * (rank - start).max(0.0));
        if self.endings.is_empty() {
            return value.clamp(self.low, self.high);
        }
        let words = self.key.words(address, 0);
        let share = f64::from(words[0]) * (1.0 / 4_294_967_296.0);
        if share >= self.ending_share {
            return value.clamp(self.low, self.high);
        }
        let ending = (u64::from(words[1]) * self.endings.len() as u64) >> 32;
        (value.floor() + self.endings[ending as usize]).clamp(self.low, self.high)
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let values =
            input.addresses.iter().zip(input.ranks).map(|(address, rank)| self.value(*address, *rank));
        match class(&self.data_type) {
            Class::Float | Class::Text => types::reals(&self.data_type, values, None),
            _ => {
                let unit = power(scale(&self.data_type)) as f64;
                let (low, high) = self.limits;
                types::scaled(&self.data_type, values.map(|value| whole(value * unit).clamp(low, high)), None)
            }
        }
    }
}
