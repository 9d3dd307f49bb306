//! What the plan holds of a model: `Scm::foreign`, `Node::mechanism` and `Node::fit` as types.

use super::mlp::Mlp;
use super::rank::Cdf;
use super::source::Source;
use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Raw;

/// The name of a parent row's hidden trait where a parent node's name would stand.
pub const TRAIT: &str = "*";

/// One value of a parent row that is a cause of this table's nodes, with the encoder that embeds it once per row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Foreign {
    pub link: String,
    /// A node of the parent table, or `TRAIT`.
    pub node: String,
    pub encoder: Mlp,
}

impl Foreign {
    /// The name by which `Node::inputs` refers to it.
    pub fn input(&self) -> String {
        format!("{}.{}", self.link, self.node)
    }
}

/// How a node comes about. `categories` is 0 for a number; `encoder` embeds the node for those it causes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mechanism {
    pub cause: Cause,
    #[serde(default)]
    pub categories: u32,
    /// A number that is cut into so many categories for its column only (lazy propagation).
    #[serde(default)]
    pub cut: u32,
    pub encoder: Mlp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Cause {
    Source {
        source: Source,
    },
    /// `weights` has one entry per name in `Node::inputs`: first `local` nodes of this table, then foreign values.
    Inner {
        local: usize,
        weights: Vec<f64>,
        aggregation: Aggregation,
        /// The weight of the linear path from inputs to latent; the network's is sqrt(1 - skip^2).
        skip: f64,
        decoder: Mlp,
        noise: Noise,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    Sum,
    Max,
    Product,
    #[serde(alias = "logexp")]
    LogSumExp,
}

pub const AGGREGATIONS: [Aggregation; 4] =
    [Aggregation::Sum, Aggregation::Max, Aggregation::Product, Aggregation::LogSumExp];

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "law", rename_all = "snake_case", deny_unknown_fields)]
pub enum Noise {
    /// `share` of the latent's variance is its own normal noise.
    Gaussian { share: f64 },
    /// Beta(a, b) / width on every entry of the aggregated embedding.
    Beta { a: f64, b: f64 },
}

/// Calibration by the pilot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// Of the network's output, before the linear path joins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoded: Option<Scale>,
    /// Of the latent before its noise (default prior).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<Scale>,
    /// Of each category's score (default prior).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Scale>,
    /// The range of latents over which the encoder is tabulated.
    pub range: [f64; 2],
    pub rank: Rank,
}

/// Values are clipped to `low..=high`, then standardised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
    pub mean: f64,
    pub std: f64,
}

/// From latent to calibrated rank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rank {
    Number {
        cdf: Cdf,
    },
    /// The frequency of each category; a number is first cut at `cuts` and the piece renamed by `labels`.
    Category {
        shares: Vec<f64>,
        cuts: Vec<f64>,
        labels: Vec<u32>,
    },
}

/// `raw` as a `T`; an error names `place`.
pub fn read<T: DeserializeOwned>(raw: &Raw, place: &str) -> Result<T> {
    T::deserialize(raw)
        .map_err(|error| Error::plan(place, format!("not a fitted model ({error}); fit the plan anew")))
}

pub fn write<T: Serialize>(value: &T, place: &str) -> Result<Raw> {
    serde_json::to_value(value).map_err(|error| Error::run(place, error.to_string()))
}

/// `x` in as few digits as bring back the same f32.
pub fn short(x: f32) -> f64 {
    x.to_string().parse().unwrap_or(f64::from(x))
}

pub fn shorts(xs: &[f32]) -> Vec<f64> {
    xs.iter().map(|&x| short(x)).collect()
}
