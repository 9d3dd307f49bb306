//! Records as text: each member is made as a column, then written out in one of several forms.

use super::draw::{inner, slot};
use super::types;
use super::{Codec, Input, Scope, display, members};
use crate::error::Result;
use crate::plan::{self, RecordForm};
use crate::rng::Key;
use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;
use std::sync::Arc;

#[derive(Debug)]
pub struct Record {
    members: Vec<Member>,
    form: RecordForm,
    key: Key,
}

#[derive(Debug)]
struct Member {
    /// The name as a JSON string.
    label: String,
    codec: Codec,
    absent: f64,
    /// Whether its text is in the form already.
    raw: bool,
}

impl Record {
    pub fn compile(members: &[plan::Member], form: RecordForm, scope: &Scope<'_>) -> Result<Self> {
        if members.is_empty() {
            return Err(scope.error("a record needs one member at least"));
        }
        let compiled = members.iter().map(|member| {
            let scope = scope.inside(&member.name);
            if !(0.0..=1.0).contains(&member.absent) {
                return Err(scope.error(format!("absent: expected a share in 0..1, not {}", member.absent)));
            }
            let data_type = types::parse(&member.arrow_type)
                .ok_or_else(|| scope.error(format!("there is no type \"{}\"", member.arrow_type)))?;
            let mut label = String::new();
            display::quoted(&member.name, &mut label);
            let codec = Codec::compile(&member.codec, &data_type, &scope)?;
            Ok(Member { label, codec, absent: member.absent, raw: raw(&member.codec) })
        });
        Ok(Self { members: compiled.collect::<Result<_>>()?, form, key: scope.key.child("record") })
    }

    pub fn members(&self) -> impl Iterator<Item = &Codec> {
        self.members.iter().map(|member| &member.codec)
    }

    pub fn evaluate(&self, input: &Input<'_>) -> ArrayRef {
        let columns = members(self.members(), self.key, input);
        let absences = self.key.child("absent");
        let mut out = StringBuilder::new();
        let mut scratch = String::new();
        for (index, address) in input.addresses.iter().enumerate() {
            scratch.clear();
            let present = |item: usize| {
                let share = self.members[item].absent;
                share == 0.0 || absences.uniform(inner(*address, item as u64), 0) >= share
            };
            self.write(&columns, index, input.ranks[index], &present, &mut scratch);
            out.append_value(&scratch);
        }
        Arc::new(out.finish())
    }

    fn write(
        &self,
        columns: &[ArrayRef],
        index: usize,
        rank: f64,
        present: &dyn Fn(usize) -> bool,
        out: &mut String,
    ) {
        if self.form == RecordForm::Union {
            return display::plain(&columns[slot(rank, columns.len())], index, out);
        }
        let (opening, separator, closing) = match self.form {
            RecordForm::Row => ("(", ",", ")"),
            RecordForm::Hstore => ("", ", ", ""),
            _ => ("{", ", ", "}"),
        };
        out.push_str(opening);
        let start = out.len();
        for (item, (member, column)) in self.members.iter().zip(columns).enumerate() {
            let there = present(item);
            if !there && matches!(self.form, RecordForm::Map | RecordForm::Hstore) {
                continue;
            }
            if out.len() > start || (item > 0 && self.form == RecordForm::Row) {
                out.push_str(separator);
            }
            match self.form {
                RecordForm::Json => {
                    out.push_str(&member.label);
                    out.push_str(": ");
                    if there { display::json(column, index, member.raw, out) } else { out.push_str("null") }
                }
                RecordForm::Map => {
                    out.push_str(&member.label);
                    out.push('=');
                    display::json(column, index, member.raw, out);
                }
                RecordForm::Hstore => {
                    out.push_str(&member.label);
                    out.push_str("=>");
                    let mut text = String::new();
                    display::plain(column, index, &mut text);
                    display::escaped(&text, out);
                }
                RecordForm::Row if there => {
                    let mut text = String::new();
                    display::braces(column, index, &mut text);
                    display::escaped(&text, out);
                }
                _ => {}
            }
        }
        out.push_str(closing);
    }
}

/// Codecs whose text is JSON (or a map in it) already.
fn raw(spec: &plan::Codec) -> bool {
    match spec {
        plan::Codec::Json { .. } => true,
        plan::Codec::Record { form, .. } => matches!(form, RecordForm::Json | RecordForm::Map),
        plan::Codec::List { item, .. } => raw(item),
        _ => false,
    }
}
