//! Arrays back to numbers: what products, bounds, casts and delays compute with.

use super::display;
use super::types::{self, Class, DAY, class, power, scale};
use crate::plan::Micros;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use std::sync::Arc;

/// The values behind the array in the type's own scale (microseconds for times); empty for floats, text, bytes and
/// lists. What stands under a NULL means nothing.
pub fn exact(array: &ArrayRef) -> Vec<i128> {
    macro_rules! whole {
        ($kind:ty) => {
            array.as_primitive::<$kind>().values().iter().map(|value| i128::from(*value)).collect()
        };
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().values().iter().map(i128::from).collect(),
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => whole!(UInt64Type),
        DataType::Decimal128(..) => whole!(Decimal128Type),
        _ => micros(array).into_iter().map(i128::from).collect(),
    }
}

/// The reals behind a number column; empty for the rest.
pub fn reals(array: &ArrayRef) -> Vec<f64> {
    match array.data_type() {
        DataType::Float32 => {
            array.as_primitive::<Float32Type>().values().iter().map(|v| f64::from(*v)).collect()
        }
        DataType::Float64 => array.as_primitive::<Float64Type>().values().to_vec(),
        data_type => {
            let unit = power(scale(data_type)) as f64;
            exact(array).into_iter().map(|value| value as f64 / unit).collect()
        }
    }
}

/// The microseconds behind a time column, or a number column of Unix seconds; empty for the rest.
pub fn micros(array: &ArrayRef) -> Vec<Micros> {
    match array.data_type() {
        DataType::Date32 => {
            array.as_primitive::<Date32Type>().values().iter().map(|day| i64::from(*day) * DAY).collect()
        }
        DataType::Time64(_) => array.as_primitive::<Time64MicrosecondType>().values().to_vec(),
        DataType::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().values().to_vec(),
        DataType::Interval(_) => {
            let total = |v: &arrow_buffer::IntervalMonthDayNano| {
                (i64::from(v.months) * 30 + i64::from(v.days)) * DAY + v.nanoseconds / 1000
            };
            array.as_primitive::<IntervalMonthDayNanoType>().values().iter().map(total).collect()
        }
        data_type if types::is_number(data_type) => {
            reals(array).into_iter().map(|seconds| (seconds * 1e6).round() as Micros).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether `cast` can make `to` of `from`.
pub fn castable(from: &DataType, to: &DataType) -> bool {
    let time_or_number = |data_type| types::is_number(data_type) || class(data_type) == Class::Time;
    match (class(from), class(to)) {
        _ if from == to => true,
        (Class::List | Class::Binary, _) | (_, Class::List | Class::Binary) => false,
        (_, Class::Text) => true,
        (Class::Bool, _) => types::is_number(to),
        (_, Class::Bool) => types::is_number(from),
        _ => time_or_number(from) && time_or_number(to),
    }
}

/// The array as another type, where `castable`: numbers are rounded and held to the type's limits.
pub fn cast(array: &ArrayRef, to: &DataType) -> ArrayRef {
    let (from, nulls) = (array.data_type(), array.nulls().cloned());
    match (class(from), class(to)) {
        _ if from == to => array.clone(),
        (_, Class::Text) => {
            let mut out = StringBuilder::new();
            let mut scratch = String::new();
            for index in 0..array.len() {
                if array.is_null(index) {
                    out.append_null();
                    continue;
                }
                scratch.clear();
                display::plain(array, index, &mut scratch);
                out.append_value(&scratch);
            }
            Arc::new(out.finish())
        }
        (Class::Time, _) | (_, Class::Time) => types::times(to, micros(array).into_iter(), nulls),
        (Class::Float, _) | (_, Class::Float) => types::reals(to, reals(array).into_iter(), nulls),
        _ => {
            let (up, down) = (power(scale(to)), power(scale(from)));
            let values = exact(array).into_iter().map(|value| divide(value.saturating_mul(up), down));
            types::scaled(to, values, nulls)
        }
    }
}

/// The quotient, rounded half away from zero as SQL does; `divisor` above zero.
pub fn divide(value: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (value / divisor, value % divisor);
    quotient + if rest.abs() >= divisor - rest.abs() { value.signum() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int32Array;

    #[test]
    fn division_rounds_half_away() {
        let cases = [(5, 10, 1), (-5, 10, -1), (4, 10, 0), (-14, 10, -1), (15, 10, 2), (7, 1, 7), (0, 1, 0)];
        for (value, divisor, expected) in cases {
            assert_eq!(divide(value, divisor), expected, "{value}/{divisor}");
        }
    }

    #[test]
    fn casts_between_numbers_and_text() {
        let whole: ArrayRef = Arc::new(Int32Array::from(vec![Some(12), None, Some(-3)]));
        let decimal = cast(&whole, &DataType::Decimal128(10, 2));
        assert_eq!(decimal.as_primitive::<Decimal128Type>().value(0), 1200);
        assert!(decimal.is_null(1));
        let text = cast(&decimal, &DataType::Utf8);
        assert_eq!(text.as_string::<i32>().value(2), "-3.00");
        let back = cast(&decimal, &DataType::Int8);
        assert_eq!(back.as_primitive::<Int8Type>().value(2), -3);
        let large: ArrayRef = types::scaled(&DataType::Decimal128(38, 0), [i128::MAX].into_iter(), None);
        assert_eq!(cast(&large, &DataType::Int64).as_primitive::<Int64Type>().value(0), i64::MAX);
    }
}
