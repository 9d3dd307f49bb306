//! COPY ... (FORMAT binary): per row the count of fields, per field its length (-1: NULL) and what the type's receive
//! function reads (PostgreSQL's `src/backend/utils/adt/*`, `*_recv`), all big-endian.

use crate::error::{Error, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use std::net::IpAddr;

/// A column's type in PostgreSQL: its name in `pg_type`, "enum" for every enum; for an array the item's name and oid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub name: String,
    pub item_oid: Option<u32>,
}

/// What a binary COPY begins with: signature, no flags, no extension.
pub const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// And what it ends with.
pub const TRAILER: &[u8] = &[0xff, 0xff];

/// Microseconds from 1970 to 2000, PostgreSQL's first moment; and days.
const EPOCH: i64 = 946_684_800_000_000;
const EPOCH_DAYS: i32 = 10_957;

/// Writes the value at an index after its length; an error is the value's fault.
type Write<'a> = Box<dyn Fn(usize, &mut Vec<u8>) -> std::result::Result<(), String> + 'a>;

/// Whether values of this Arrow type have a binary form as `target`.
pub fn has_form(kind: &DataType, target: &Target) -> bool {
    writer(arrow_array::new_empty_array(kind).as_ref(), target).is_some()
}

/// All rows of the batch, without header and trailer.
pub fn rows(batch: &RecordBatch, targets: &[Target]) -> Result<Vec<u8>> {
    let mut writers = Vec::with_capacity(targets.len());
    for ((array, target), field) in batch.columns().iter().zip(targets).zip(batch.schema_ref().fields()) {
        let write = writer(array.as_ref(), target).ok_or_else(|| {
            Error::run(field.name(), format!("{} has no binary form as {}", array.data_type(), target.name))
        })?;
        writers.push((array.as_ref(), write, field.name()));
    }
    let count = (targets.len() as i16).to_be_bytes();
    let mut out = Vec::with_capacity(batch.num_rows() * (2 + 12 * targets.len()));
    for row in 0..batch.num_rows() {
        out.extend(count);
        for (array, write, name) in &writers {
            field(*array, write, row, &mut out).map_err(|message| Error::run(*name, message))?;
        }
    }
    Ok(out)
}

fn field(
    array: &dyn Array,
    write: &Write<'_>,
    row: usize,
    out: &mut Vec<u8>,
) -> std::result::Result<(), String> {
    if array.is_null(row) {
        out.extend((-1i32).to_be_bytes());
        return Ok(());
    }
    let at = out.len();
    out.extend([0; 4]);
    write(row, out)?;
    let length = (out.len() - at - 4) as i32;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

fn writer<'a>(array: &'a dyn Array, target: &'a Target) -> Option<Write<'a>> {
    match target.item_oid {
        Some(oid) => list(array, &target.name, oid),
        None => scalar(array, &target.name),
    }
}

fn scalar<'a>(array: &'a dyn Array, name: &'a str) -> Option<Write<'a>> {
    Some(match array.data_type() {
        DataType::Boolean => {
            let array = array.as_boolean();
            match name {
                "bool" => sure(move |row, out| out.push(array.value(row).into())),
                "bit" | "varbit" => sure(move |row, out| {
                    out.extend(1i32.to_be_bytes());
                    out.push(u8::from(array.value(row)) << 7);
                }),
                _ => return None,
            }
        }
        DataType::Int8 => whole(array.as_primitive::<Int8Type>(), name)?,
        DataType::Int16 => whole(array.as_primitive::<Int16Type>(), name)?,
        DataType::Int32 => whole(array.as_primitive::<Int32Type>(), name)?,
        DataType::Int64 => whole(array.as_primitive::<Int64Type>(), name)?,
        DataType::UInt8 => whole(array.as_primitive::<UInt8Type>(), name)?,
        DataType::UInt16 => whole(array.as_primitive::<UInt16Type>(), name)?,
        DataType::UInt32 => whole(array.as_primitive::<UInt32Type>(), name)?,
        DataType::UInt64 => whole(array.as_primitive::<UInt64Type>(), name)?,
        DataType::Decimal128(_, scale) => {
            let (array, scale) = (array.as_primitive::<Decimal128Type>(), u32::try_from(*scale).ok()?);
            match name {
                "numeric" => sure(move |row, out| numeric(array.value(row), scale, out)),
                "int2" | "int4" | "int8" if scale == 0 => {
                    let width = width(name)?;
                    Box::new(move |row, out| integer(array.value(row), width, out))
                }
                "float8" => {
                    let unit = 10f64.powi(scale as i32);
                    sure(move |row, out| out.extend((array.value(row) as f64 / unit).to_be_bytes()))
                }
                _ => return None,
            }
        }
        DataType::Float32 => {
            let array = array.as_primitive::<Float32Type>();
            real(move |row| f64::from(array.value(row)), name)?
        }
        DataType::Float64 => {
            let array = array.as_primitive::<Float64Type>();
            real(move |row| array.value(row), name)?
        }
        DataType::Date32 if name == "date" => {
            let array = array.as_primitive::<Date32Type>();
            sure(move |row, out| out.extend(array.value(row).wrapping_sub(EPOCH_DAYS).to_be_bytes()))
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            let array = array.as_primitive::<Time64MicrosecondType>();
            match name {
                "time" => sure(move |row, out| out.extend(array.value(row).to_be_bytes())),
                "timetz" => sure(move |row, out| {
                    out.extend(array.value(row).to_be_bytes());
                    out.extend(0i32.to_be_bytes());
                }),
                _ => return None,
            }
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) if matches!(name, "timestamp" | "timestamptz") => {
            let array = array.as_primitive::<TimestampMicrosecondType>();
            sure(move |row, out| out.extend(array.value(row).wrapping_sub(EPOCH).to_be_bytes()))
        }
        DataType::Interval(_) if name == "interval" => {
            let array = array.as_primitive_opt::<IntervalMonthDayNanoType>()?;
            sure(move |row, out| {
                let value = array.value(row);
                out.extend((value.nanoseconds / 1000).to_be_bytes());
                out.extend(value.days.to_be_bytes());
                out.extend(value.months.to_be_bytes());
            })
        }
        DataType::Binary if name == "bytea" => {
            let array = array.as_binary::<i32>();
            sure(move |row, out| out.extend(array.value(row)))
        }
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            text(move |row| array.value(row), name)?
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            text(move |row| array.value(row), name)?
        }
        _ => return None,
    })
}

/// A value that always has its form.
fn sure<'a>(write: impl Fn(usize, &mut Vec<u8>) + 'a) -> Write<'a> {
    Box::new(move |row, out| {
        write(row, out);
        Ok(())
    })
}

fn width(name: &str) -> Option<usize> {
    Some(match name {
        "int2" => 2,
        "int4" | "oid" => 4,
        "int8" => 8,
        _ => return None,
    })
}

fn integer(value: i128, width: usize, out: &mut Vec<u8>) -> std::result::Result<(), String> {
    let bits = 8 * width as u32;
    if !(-(1i128 << (bits - 1))..1i128 << bits).contains(&value) {
        return Err(format!("{value} does not fit {width} bytes"));
    }
    out.extend(&value.to_be_bytes()[16 - width..]);
    Ok(())
}

fn whole<'a, T>(array: &'a arrow_array::PrimitiveArray<T>, name: &str) -> Option<Write<'a>>
where
    T: arrow_array::ArrowPrimitiveType,
    T::Native: Into<i128> + Copy,
{
    let value = move |row: usize| -> i128 { array.value(row).into() };
    Some(match name {
        "oid" => Box::new(move |row, out| integer(value(row), 4, out)),
        "int2" | "int4" | "int8" => {
            let width = width(name)?;
            let limit = 1i128 << (8 * width - 1);
            Box::new(move |row, out| match value(row) {
                value if (-limit..limit).contains(&value) => integer(value, width, out),
                value => Err(format!("{value} does not fit {width} bytes")),
            })
        }
        "numeric" => sure(move |row, out| numeric(value(row), 0, out)),
        "float8" => sure(move |row, out| out.extend((value(row) as f64).to_be_bytes())),
        "float4" => sure(move |row, out| out.extend((value(row) as f32).to_be_bytes())),
        _ => return None,
    })
}

fn real<'a>(value: impl Fn(usize) -> f64 + 'a, name: &str) -> Option<Write<'a>> {
    Some(match name {
        "float8" => sure(move |row, out| out.extend(value(row).to_be_bytes())),
        "float4" => sure(move |row, out| out.extend((value(row) as f32).to_be_bytes())),
        _ => return None,
    })
}

/// numeric_recv: digits of base 10,000, the weight of the first, sign, digits after the point, then the digits.
fn numeric(value: i128, scale: u32, out: &mut Vec<u8>) {
    let magnitude = value.unsigned_abs();
    let unit = 10u128.pow(scale);
    let (mut front, mut back) = (magnitude / unit, magnitude % unit);
    let mut digits = [0u16; 24]; // least first
    let mut count = 0;
    let groups = scale.div_ceil(4) as usize;
    if scale > 0 {
        // The last group is padded with zeros on its right.
        let kept = 10u128.pow(match scale % 4 {
            0 => 4,
            rest => rest,
        });
        digits[0] = (back % kept * (10_000 / kept)) as u16;
        back /= kept;
        for digit in &mut digits[1..groups] {
            *digit = (back % 10_000) as u16;
            back /= 10_000;
        }
        count = groups;
    }
    while front > 0 {
        digits[count] = (front % 10_000) as u16;
        front /= 10_000;
        count += 1;
    }
    let mut first = 0;
    while count > first && digits[count - 1] == 0 {
        count -= 1;
    }
    while first < count && digits[first] == 0 {
        first += 1;
    }
    let weight = if count > first { count as i16 - groups as i16 - 1 } else { 0 };
    out.extend(((count - first) as i16).to_be_bytes());
    out.extend(weight.to_be_bytes());
    out.extend((if value < 0 { 0x4000u16 } else { 0 }).to_be_bytes());
    out.extend((scale as i16).to_be_bytes());
    for digit in digits[first..count].iter().rev() {
        out.extend(digit.to_be_bytes());
    }
}

fn text<'a>(value: impl Fn(usize) -> &'a str + 'a, name: &str) -> Option<Write<'a>> {
    Some(match name {
        "text" | "varchar" | "bpchar" | "name" | "citext" | "json" | "enum" | "unknown" => {
            sure(move |row, out| out.extend(value(row).as_bytes()))
        }
        "jsonb" | "ltree" => sure(move |row, out| {
            out.push(1); // the form's version
            out.extend(value(row).as_bytes());
        }),
        "uuid" => Box::new(move |row, out| {
            let digits = value(row).bytes().filter(|byte| !matches!(byte, b'-' | b'{' | b'}'));
            let before = out.len();
            let mut high = None;
            for digit in digits {
                let digit = char::from(digit).to_digit(16).ok_or_else(|| not_a("uuid", value(row)))? as u8;
                match high.take() {
                    None => high = Some(digit << 4),
                    Some(high) => out.push(high | digit),
                }
            }
            if high.is_none() && out.len() == before + 16 { Ok(()) } else { Err(not_a("uuid", value(row))) }
        }),
        "inet" | "cidr" => {
            let cidr = u8::from(name == "cidr");
            Box::new(move |row, out| address(value(row), cidr, out).ok_or_else(|| not_a("inet", value(row))))
        }
        "macaddr" | "macaddr8" => {
            let length = if name == "macaddr" { 6 } else { 8 };
            Box::new(move |row, out| {
                let before = out.len();
                for part in value(row).split([':', '-']) {
                    out.push(u8::from_str_radix(part, 16).map_err(|_| not_a("macaddr", value(row)))?);
                }
                if out.len() == before + length { Ok(()) } else { Err(not_a("macaddr", value(row))) }
            })
        }
        "bit" | "varbit" => Box::new(move |row, out| {
            let bits = value(row).as_bytes();
            out.extend((bits.len() as i32).to_be_bytes());
            for eight in bits.chunks(8) {
                let mut byte = 0;
                for (k, bit) in eight.iter().enumerate() {
                    match bit {
                        b'0' => {}
                        b'1' => byte |= 0x80 >> k,
                        _ => return Err(not_a("bit string", value(row))),
                    }
                }
                out.push(byte);
            }
            Ok(())
        }),
        _ => return None,
    })
}

fn not_a(kind: &str, value: &str) -> String {
    format!("{value:?} is no {kind}")
}

/// inet_recv: family, bits of the net, whether cidr, bytes, the address.
fn address(text: &str, cidr: u8, out: &mut Vec<u8>) -> Option<()> {
    let (host, bits) = match text.split_once('/') {
        Some((host, bits)) => (host, Some(bits.parse::<u8>().ok()?)),
        None => (text, None),
    };
    match host.parse().ok()? {
        IpAddr::V4(host) => {
            out.extend([2, bits.unwrap_or(32), cidr, 4]);
            out.extend(host.octets());
        }
        IpAddr::V6(host) => {
            out.extend([3, bits.unwrap_or(128), cidr, 16]);
            out.extend(host.octets());
        }
    }
    Some(())
}

/// array_recv: dimensions, whether there are NULLs, the item's oid, length and lower bound, then the items as fields.
fn list<'a>(array: &'a dyn Array, name: &'a str, oid: u32) -> Option<Write<'a>> {
    let list = array.as_list_opt::<i32>()?;
    let items = list.values();
    let write = scalar(items.as_ref(), name)?;
    Some(Box::new(move |row, out| {
        let (start, stop) = (list.value_offsets()[row] as usize, list.value_offsets()[row + 1] as usize);
        if start == stop {
            out.extend([0; 8]);
            out.extend(oid.to_be_bytes());
            return Ok(());
        }
        let nulls = (start..stop).any(|item| items.is_null(item));
        out.extend(1i32.to_be_bytes());
        out.extend(i32::from(nulls).to_be_bytes());
        out.extend(oid.to_be_bytes());
        out.extend(((stop - start) as i32).to_be_bytes());
        out.extend(1i32.to_be_bytes());
        for item in start..stop {
            field(items.as_ref(), &write, item, out)?;
        }
        Ok(())
    }))
}
