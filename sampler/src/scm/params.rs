//! The parameters of the published prior: `plan::Prior::params` as a type. What is left out has the published value.
//!
//! Names and meaning are those of the published package (`plurel_sql/plan/params.py`).

use super::activation::{KINDS, Kind};
use super::draw::Weight;
use super::draws::Draws;
use super::layout::LAYOUTS;
use super::mlp::{INITS, Init};
use super::spec::{AGGREGATIONS, Aggregation};
use crate::error::{Error, Result};
use crate::plan::Prior;
use serde::Deserialize;

/// A range (both ends inclusive where whole numbers are asked for), or a list to pick from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Choices<T> {
    Range { value: [T; 2] },
    Set { value: Vec<T> },
}

impl<T: Clone> Choices<T> {
    fn set(value: &[T]) -> Self {
        Self::Set { value: value.to_vec() }
    }
}

impl<T: Copy> Choices<T> {
    /// One of the listed; of a range either end.
    pub fn pick(&self, draws: &mut Draws) -> T {
        match self {
            Self::Range { value } => draws.pick(value),
            Self::Set { value } => draws.pick(value),
        }
    }
}

impl Choices<String> {
    pub fn name(&self, draws: &mut Draws) -> String {
        match self {
            Self::Range { value } => value[draws.below(2)].clone(),
            Self::Set { value } => value.get(draws.below(value.len())).cloned().unwrap_or_default(),
        }
    }
}

impl Choices<f64> {
    const fn range(low: f64, high: f64) -> Self {
        Self::Range { value: [low, high] }
    }

    pub fn number(&self, draws: &mut Draws) -> f64 {
        match self {
            Self::Range { value: [low, high] } => draws.range(*low, *high),
            Self::Set { value } => draws.pick(value),
        }
    }

    pub fn whole(&self, draws: &mut Draws) -> usize {
        match self {
            Self::Range { value: [low, high] } => draws.int(*low as usize, *high as usize),
            Self::Set { value } => draws.pick(value) as usize,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stype {
    Categorical,
    Numerical,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    Ts,
    Uniform,
    Gaussian,
    Beta,
    Mixed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    TypeEager,
    TypeLazy,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    pub scm_layout_choices: Choices<String>,
    pub scm_col_node_perc_choices: Choices<f64>,
    pub num_categories_choices: Choices<f64>,
    pub col_stype_choices: Choices<Stype>,
    pub initialization_choices: Choices<Init>,
    pub activation_choices: Choices<Kind>,
    pub node_noise_alpha_choices: Choices<f64>,
    pub node_noise_beta_choices: Choices<f64>,
    pub ts_trend_alpha_choices: Choices<f64>,
    pub activity_table_ts_trend_scale_choices: Choices<f64>,
    pub entity_table_ts_trend_scale: f64,
    pub ts_cycle_freq_perc_choices: Choices<f64>,
    pub activity_table_ts_cycle_scale_choices: Choices<f64>,
    pub entity_table_ts_cycle_scale: f64,
    pub activity_table_ts_noise_scale: f64,
    pub entity_table_ts_noise_scale: f64,
    pub ts_ar_rho_choices: Choices<f64>,
    pub ts_value_scale_choices: Choices<f64>,
    pub propagation_agg_choices: Choices<Aggregation>,
    pub mlp_num_layers_choices: Choices<f64>,
    pub mlp_weight_density_choices: Choices<f64>,
    pub source_gen_type_choices: Choices<SourceKind>,
    pub source_beta_alpha_choices: Choices<f64>,
    pub source_beta_beta_choices: Choices<f64>,
    pub propagation_mode_choices: Choices<Mode>,
    pub cat_label_permute_prob_choices: Choices<f64>,
    pub cat_label_reverse_prob_choices: Choices<f64>,
    pub ba_sink_edge_dropout: f64,
    pub ba_m: usize,
    pub er_p_choices: Choices<f64>,
    pub ws_rewire_p_choices: Choices<f64>,
    pub layered_depth_choices: Choices<f64>,
    pub layered_edge_dropout_p: f64,
    pub edge_weight_dist_choices: Choices<Weight>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            scm_layout_choices: Choices::set(&LAYOUTS.map(|layout| layout.name())),
            scm_col_node_perc_choices: Choices::range(0.3, 0.9),
            num_categories_choices: Choices::range(2.0, 10.0),
            col_stype_choices: Choices::set(&[Stype::Categorical, Stype::Numerical]),
            initialization_choices: Choices::set(&INITS),
            activation_choices: Choices::set(&KINDS),
            node_noise_alpha_choices: Choices::range(0.5, 5.0),
            node_noise_beta_choices: Choices::range(0.5, 5.0),
            ts_trend_alpha_choices: Choices::range(0.0, 2.0),
            activity_table_ts_trend_scale_choices: Choices::set(&[-1.0, 1.0]),
            entity_table_ts_trend_scale: 0.0,
            ts_cycle_freq_perc_choices: Choices::set(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
            activity_table_ts_cycle_scale_choices: Choices::set(&[-1.0, 1.0]),
            entity_table_ts_cycle_scale: 0.0,
            activity_table_ts_noise_scale: 0.05,
            entity_table_ts_noise_scale: 1.0,
            ts_ar_rho_choices: Choices::range(0.0, 0.9),
            ts_value_scale_choices: Choices::set(&[0.01, 0.1, 1.0, 10.0, 100.0]),
            propagation_agg_choices: Choices::set(&AGGREGATIONS),
            mlp_num_layers_choices: Choices::range(2.0, 4.0),
            mlp_weight_density_choices: Choices::range(0.3, 1.0),
            source_gen_type_choices: Choices::set(&[
                SourceKind::Ts,
                SourceKind::Uniform,
                SourceKind::Gaussian,
                SourceKind::Beta,
                SourceKind::Mixed,
            ]),
            source_beta_alpha_choices: Choices::range(0.5, 5.0),
            source_beta_beta_choices: Choices::range(0.5, 5.0),
            propagation_mode_choices: Choices::set(&[Mode::TypeEager, Mode::TypeLazy]),
            cat_label_permute_prob_choices: Choices::range(0.3, 1.0),
            cat_label_reverse_prob_choices: Choices::range(0.2, 0.8),
            ba_sink_edge_dropout: 0.4,
            ba_m: 2,
            er_p_choices: Choices::range(0.3, 0.8),
            ws_rewire_p_choices: Choices::range(0.1, 0.3),
            layered_depth_choices: Choices::range(2.0, 8.0),
            layered_edge_dropout_p: 0.1,
            edge_weight_dist_choices: Choices::set(&[
                Weight::Gaussian,
                Weight::LogNormal,
                Weight::Cauchy,
                Weight::Uniform,
            ]),
        }
    }
}

impl Params {
    /// Errors where the plan names a parameter or a choice that is not one.
    pub fn of(prior: &Prior, table: &str) -> Result<Self> {
        if prior.params.is_empty() {
            return Ok(Self::default());
        }
        let raw = serde_json::Value::Object(prior.params.clone());
        Self::deserialize(&raw)
            .map_err(|error| Error::plan(table, format!("a parameter of the prior: {error}")))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_is_as_published_and_what_is_wrong_is_refused() {
        let of = |params: serde_json::Value| {
            Params::of(&Prior { params: params.as_object().unwrap().clone(), ..Prior::default() }, "t")
        };
        assert_eq!(of(json!({})), Ok(Params::default()));
        let given = of(json!({"ba_m": 3, "activation_choices": {"kind": "set", "value": ["tanh"]}})).unwrap();
        assert_eq!((given.ba_m, given.er_p_choices), (3, Choices::range(0.3, 0.8)));
        assert_eq!(given.activation_choices, Choices::set(&[Kind::Tanh]));
        assert!(of(json!({"activation_choices": {"kind": "set", "value": ["magic"]}})).is_err());
        assert!(of(json!({"unheard": 1})).is_err());
    }
}
