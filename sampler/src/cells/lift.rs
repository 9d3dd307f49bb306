//! Bounds between columns of a row.

use crate::codec::numeric::{exact, micros, reals};
use crate::codec::types::{self, Class, DAY, class, power, scale};
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Float32Array, Float64Array};
use arrow_schema::DataType;
use std::sync::Arc;

/// `cells`, lifted to at least `other`, or with `strict` above it by the smallest step of the type. Where `other` is
/// NULL nothing happens. Both are numbers, times or text.
pub fn lift(cells: &ArrayRef, other: &ArrayRef, strict: bool) -> ArrayRef {
    let data_type = cells.data_type();
    let open = |index: usize| other.is_null(index);
    match class(data_type) {
        Class::Text => {
            let (own, bounds) = (cells.as_string::<i32>(), other.as_string::<i32>());
            let mut out = StringBuilder::new();
            for index in 0..cells.len() {
                let (own, bound) = (own.value(index), bounds.value(index));
                if open(index) || own > bound || (own == bound && !strict) {
                    out.append_value(own);
                } else {
                    out.append_value(if strict { format!("{bound}0") } else { bound.to_owned() });
                }
            }
            types::with_nulls(&(Arc::new(out.finish()) as ArrayRef), cells.nulls())
        }
        Class::Float => lift_reals(cells, other, strict),
        Class::Time => {
            let bounds = micros(other);
            let step = if data_type == &DataType::Date32 { DAY } else { 1 };
            let lifted = micros(cells).into_iter().enumerate().map(|(index, value)| {
                // Rounded up to a step, or with `strict` to the next one.
                let least = bounds[index].saturating_add(if strict { step } else { step - 1 });
                if open(index) { value } else { value.max(least.div_euclid(step).saturating_mul(step)) }
            });
            match data_type {
                // A time of day has nothing above its last microsecond, and must not wrap.
                DataType::Time64(_) => {
                    types::times(data_type, lifted.map(|v| v.min(DAY - 1)), cells.nulls().cloned())
                }
                _ => types::times(data_type, lifted, cells.nulls().cloned()),
            }
        }
        _ => {
            let bounds = whole_bounds(other, scale(data_type), strict);
            let lifted = exact(cells).into_iter().enumerate();
            let lifted =
                lifted.map(|(index, value)| if open(index) { value } else { value.max(bounds[index]) });
            types::scaled(data_type, lifted, cells.nulls().cloned())
        }
    }
}

/// The smallest numbers of 10^-scale that are at least (strictly: above) the other column's.
fn whole_bounds(other: &ArrayRef, scale: u32, strict: bool) -> Vec<i128> {
    if class(other.data_type()) == Class::Float {
        let unit = power(scale) as f64;
        let bound = |value: f64| {
            if strict {
                ((value * unit).floor() as i128).saturating_add(1)
            } else {
                (value * unit).ceil() as i128
            }
        };
        return reals(other).into_iter().map(bound).collect();
    }
    let (up, down) = (power(scale), power(types::scale(other.data_type())));
    let bound = |value: i128| {
        let value = value.saturating_mul(up);
        let floor = value.div_euclid(down);
        floor.saturating_add(i128::from(strict || value.rem_euclid(down) != 0))
    };
    exact(other).into_iter().map(bound).collect()
}

fn lift_reals(cells: &ArrayRef, other: &ArrayRef, strict: bool) -> ArrayRef {
    let bounds = reals(other);
    let lifted = reals(cells).into_iter().enumerate();
    let nulls = cells.nulls().cloned();
    if cells.data_type() == &DataType::Float32 {
        let values = lifted.map(|(index, value)| {
            // The nearest 32-bit number may lie below the bound.
            let nearest = bounds[index] as f32;
            let below = f64::from(nearest) < bounds[index] || (strict && f64::from(nearest) <= bounds[index]);
            let least = if below { nearest.next_up() } else { nearest };
            if other.is_null(index) { value as f32 } else { (value as f32).max(least) }
        });
        return Arc::new(Float32Array::new(values.collect(), nulls));
    }
    let values = lifted.map(|(index, value)| {
        let least = if strict { bounds[index].next_up() } else { bounds[index] };
        if other.is_null(index) { value } else { value.max(least) }
    });
    Arc::new(Float64Array::new(values.collect(), nulls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::*;
    use arrow_array::{Date32Array, StringArray};

    fn decimal(scale: i8, values: &[i128]) -> ArrayRef {
        types::scaled(&DataType::Decimal128(38, scale), values.iter().copied(), None)
    }

    #[test]
    fn bounds_round_up_and_pass_over_nulls() {
        let own = decimal(1, &[0, 0, 0, 99]);
        let other: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.25), None, Some(-3.0), Some(9.9)]));
        let values = |strict| lift(&own, &other, strict).as_primitive::<Decimal128Type>().values().to_vec();
        assert_eq!(values(false), [3, 0, 0, 99]);
        assert_eq!(values(true), [3, 0, 0, 100]);
        let day: ArrayRef = Arc::new(Date32Array::from(vec![5, 5, 5]));
        let until: ArrayRef = Arc::new(Date32Array::from(vec![4, 5, 6]));
        assert_eq!(lift(&day, &until, false).as_primitive::<Date32Type>().values(), &[5, 5, 6]);
        assert_eq!(lift(&day, &until, true).as_primitive::<Date32Type>().values(), &[5, 6, 7]);
        let text: ArrayRef = Arc::new(StringArray::from(vec!["b", "b"]));
        let least: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        assert_eq!(lift(&text, &least, true).as_string::<i32>().value(1), "b0");
    }
}
