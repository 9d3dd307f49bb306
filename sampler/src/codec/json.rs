//! JSON objects and arrays: each member is made as a column, then written out.

use super::list::List;
use super::types::{self, list_of};
use super::{Codec, Input, Scope, display, members};
use crate::error::Result;
use crate::plan;
use crate::rng::Key;
use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;
use arrow_schema::DataType;
use std::sync::Arc;

/// Fewest and most items of an array.
const ITEMS: (usize, usize) = (1, 4);

#[derive(Debug)]
pub struct Json {
    members: Vec<Member>,
    array: bool,
    key: Key,
}

#[derive(Debug)]
struct Member {
    /// The name as a JSON string, with what separates it from the value.
    label: String,
    codec: Codec,
    /// Whether its text is JSON already.
    raw: bool,
}

impl Json {
    pub fn compile(fields: &[(String, plan::Codec)], array: bool, scope: &Scope<'_>) -> Result<Self> {
        if array && fields.len() != 1 {
            return Err(scope.error(format!("a JSON array has one kind of item, not {}", fields.len())));
        }
        let members = fields.iter().map(|(name, spec)| {
            let scope = scope.inside(name);
            let (mut label, data_type) = (String::new(), natural(spec));
            display::quoted(name, &mut label);
            let codec = if array {
                Codec::List(List::compile(spec, ITEMS, &list_of(data_type), &scope)?)
            } else {
                Codec::compile(spec, &data_type, &scope)?
            };
            Ok(Member { label: label + ": ", codec, raw: raw(spec) })
        });
        Ok(Self { members: members.collect::<Result<_>>()?, array, key: scope.key.child("rank") })
    }

    pub fn members(&self) -> impl Iterator<Item = &Codec> {
        self.members.iter().map(|member| &member.codec)
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let columns = members(self.members(), self.key, input);
        let mut out = StringBuilder::new();
        let mut scratch = String::new();
        for index in 0..input.addresses.len() {
            scratch.clear();
            self.write(&columns, index, &mut scratch);
            out.append_value(&scratch);
        }
        Arc::new(out.finish())
    }

    fn write(&self, columns: &[ArrayRef], index: usize, out: &mut String) {
        if !self.array {
            out.push('{');
        }
        for (k, (member, column)) in self.members.iter().zip(columns).enumerate() {
            if !self.array {
                out.push_str(if k > 0 { ", " } else { "" });
                out.push_str(&member.label);
            }
            display::json(column, index, member.raw, out);
        }
        if !self.array {
            out.push('}');
        }
    }
}

fn raw(spec: &plan::Codec) -> bool {
    match spec {
        plan::Codec::Json { .. } => true,
        plan::Codec::List { item, .. } => raw(item),
        _ => false,
    }
}

/// The type in which a codec's cells go into JSON.
fn natural(spec: &plan::Codec) -> DataType {
    match spec {
        plan::Codec::Number { step, .. } if *step >= 1.0 && step.fract() == 0.0 => DataType::Int64,
        plan::Codec::Number { step, .. } => {
            let decimals = (1..=9_u32).find(|digits| {
                let units = step * types::power(*digits) as f64;
                *step > 0.0 && (units - units.round()).abs() < 1e-6 && units > 0.5
            });
            decimals.map_or(DataType::Float64, |digits| DataType::Decimal128(38, digits as i8))
        }
        plan::Codec::Bool { .. } => DataType::Boolean,
        plan::Codec::List { item, .. } => list_of(natural(item)),
        _ => DataType::Utf8,
    }
}
