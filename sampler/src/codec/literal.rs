//! Text of a plan (labels, constants) as values of a column's type.

use super::calendar::{parse_interval, parse_time, parse_timestamp};
use super::types::{Class, DAY, class, limits, power, scale, scaled, times};
use arrow_array::builder::IntervalMonthDayNanoBuilder;
use arrow_array::{ArrayRef, BinaryArray, Float32Array, Float64Array, StringArray};
use arrow_buffer::IntervalMonthDayNano;
use arrow_schema::DataType;
use std::sync::Arc;

/// `texts` as an array of `data_type`, or the first text that is no value of that type.
pub fn array<'a>(data_type: &DataType, texts: &[&'a str]) -> Result<ArrayRef, &'a str> {
    match class(data_type) {
        Class::Text => Ok(Arc::new(StringArray::from_iter_values(texts))),
        Class::Binary => {
            let bytes: Vec<Vec<u8>> = each(texts, binary)?;
            Ok(Arc::new(BinaryArray::from_iter_values(bytes)))
        }
        Class::Float => {
            let values =
                each(texts, |text| text.trim().parse::<f64>().ok().filter(|value| value.is_finite()))?;
            Ok(match data_type {
                DataType::Float32 => {
                    Arc::new(Float32Array::from_iter_values(values.into_iter().map(|v| v as f32)))
                }
                _ => Arc::new(Float64Array::from_iter_values(values)),
            })
        }
        Class::Bool => Ok(scaled(data_type, each(texts, boolean)?.into_iter(), None)),
        Class::Exact => {
            let (low, high) = limits(data_type);
            let fits =
                |text: &str| exact(text, scale(data_type)).filter(|value| (low..=high).contains(value));
            Ok(scaled(data_type, each(texts, fits)?.into_iter(), None))
        }
        Class::Time => time(data_type, texts),
        Class::List => Err(texts.first().copied().unwrap_or("")),
    }
}

fn each<'a, V>(texts: &[&'a str], parse: impl Fn(&str) -> Option<V>) -> Result<Vec<V>, &'a str> {
    texts.iter().map(|text| parse(text).ok_or(*text)).collect()
}

fn time<'a>(data_type: &DataType, texts: &[&'a str]) -> Result<ArrayRef, &'a str> {
    match data_type {
        DataType::Time64(_) => {
            Ok(times(data_type, each(texts, |text| parse_time(text.trim()))?.into_iter(), None))
        }
        DataType::Interval(_) => {
            let mut out = IntervalMonthDayNanoBuilder::new();
            for (months, micros) in each(texts, parse_interval)? {
                let days = (micros / DAY).clamp(i32::MIN.into(), i32::MAX.into()) as i32;
                out.append_value(IntervalMonthDayNano::new(months, days, micros % DAY * 1000));
            }
            Ok(Arc::new(out.finish()))
        }
        _ => Ok(times(data_type, each(texts, parse_timestamp)?.into_iter(), None)),
    }
}

fn boolean(text: &str) -> Option<i128> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "yes" | "y" | "on" => Some(1),
        "false" | "f" | "0" | "no" | "n" | "off" => Some(0),
        _ => None,
    }
}

/// `\x` and hexadecimal digits, else the text's own bytes.
fn binary(text: &str) -> Option<Vec<u8>> {
    let Some(digits) = text.strip_prefix("\\x") else { return Some(text.as_bytes().to_vec()) };
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A decimal number in units of 10^-scale, rounded half away from zero.
fn exact(text: &str, scale: u32) -> Option<i128> {
    let text = text.trim();
    if text.contains(['e', 'E']) {
        let value: f64 = text.parse().ok()?;
        return value.is_finite().then(|| super::types::whole(value * power(scale) as f64));
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    if before.len() + after.len() == 0
        || !before.bytes().chain(after.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let kept = after.len().min(scale as usize);
    let mut value: i128 = format!("0{before}{}", &after[..kept]).parse().ok()?;
    value = value.checked_mul(power(scale - kept as u32))?;
    if after.as_bytes().get(kept).is_some_and(|digit| *digit >= b'5') {
        value = value.checked_add(1)?;
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::codec::types::parse;
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::*;

    #[test]
    fn labels_take_the_column_type() {
        let decimal = array(&DataType::Decimal128(6, 2), &["1.5", "-0.005", "1e2", "7"]).unwrap();
        assert_eq!(decimal.as_primitive::<Decimal128Type>().values(), &[150, -1, 10_000, 700]);
        assert_eq!(array(&DataType::Int8, &["1", "300"]), Err("300"));
        assert_eq!(array(&DataType::Int32, &["one"]), Err("one"));
        assert_eq!(array(&DataType::UInt8, &["-1"]), Err("-1"));
        assert!(array(&DataType::Boolean, &["true", "F", "0"]).unwrap().as_boolean().value(0));
        let date = array(&DataType::Date32, &["2024-02-29", "1970-01-02 12:00:00"]).unwrap();
        assert_eq!(date.as_primitive::<Date32Type>().values(), &[19_782, 1]);
        assert_eq!(array(&DataType::Date32, &["2024-02-30"]), Err("2024-02-30"));
        assert_eq!(
            array(&DataType::Binary, &["\\x00ff", "a"]).unwrap().as_binary::<i32>().value(0),
            &[0, 255]
        );
        assert_eq!(array(&parse("interval").unwrap(), &["1 day"]).unwrap().len(), 1);
        assert!(array(&parse("list<int8>").unwrap(), &["{}"]).is_err());
    }
}
