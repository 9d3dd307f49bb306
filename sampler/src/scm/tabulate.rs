//! A model's functions as numbers, for readers without this code: encoders as tables, decoders as layers.

use super::store::Engine;
use serde_json::{Value as Json, json};

/// Of table `table`: `nodes` (per node its `encoder`, null where nothing reads it, and its `decoder`, null at a root) and
/// `foreign` (an encoder per value of a parent row), in plan order.
pub fn tables(engine: &Engine, table: usize) -> Json {
    let model = &engine.models[table];
    let read = |index: usize| model.nodes.iter().any(|node| node.locals.contains(&index));
    let nodes = model.nodes.iter().enumerate().map(|(index, node)| {
        let encoder = read(index).then(|| node.curve(model).table());
        let decoder = node.decoder(model).map(|network| network.layers());
        json!({"name": node.name, "encoder": encoder, "decoder": decoder})
    });
    let nodes: Vec<Json> = nodes.collect();
    let foreign = model.foreign.iter().enumerate();
    let foreign: Vec<Json> = foreign
        .map(|(f, entry)| {
            json!({"link": entry.spec.link, "node": entry.spec.node, "encoder": engine.curve(table, f).table()})
        })
        .collect();
    json!({"nodes": nodes, "foreign": foreign})
}
