//! Word lists, each in one string.

use super::draw::Steps;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug)]
pub struct Words {
    text: String,
    ends: Vec<u32>,
}

impl Words {
    /// None where there is nothing in the list, or more than four gigabytes.
    pub fn new<T: AsRef<str>>(entries: impl IntoIterator<Item = T>) -> Option<Self> {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for entry in entries {
            text.push_str(entry.as_ref());
            ends.push(u32::try_from(text.len()).ok()?);
        }
        (!ends.is_empty()).then_some(Self { text, ends })
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    #[inline]
    pub fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.text[start..self.ends[index] as usize]
    }

    /// Characters of the longest entry.
    pub fn widest(&self) -> usize {
        (0..self.len()).map(|index| self.get(index).chars().count()).max().unwrap_or(0)
    }

    /// Weights 1/(k+1)^exponent over the entries.
    pub fn zipf(&self, exponent: f64) -> Option<Steps> {
        let weights: Vec<f64> = (1..=self.len()).map(|k| libm::pow(k as f64, -exponent)).collect();
        Steps::from_weights(&weights)
    }
}

/// The plan's vocabularies by name.
#[derive(Debug)]
pub struct Lists(BTreeMap<String, Option<Arc<Words>>>);

impl Lists {
    pub fn new(vocabularies: &BTreeMap<String, Vec<String>>) -> Self {
        Self(
            vocabularies
                .iter()
                .map(|(name, words)| (name.clone(), Words::new(words).map(Arc::new)))
                .collect(),
        )
    }

    /// The list called `name`, or what is wrong with it.
    pub fn get(&self, name: &str) -> Result<Arc<Words>, String> {
        match self.0.get(name) {
            Some(Some(words)) => Ok(words.clone()),
            Some(None) => Err(format!("the vocabulary \"{name}\" is empty")),
            None => Err(format!("there is no vocabulary \"{name}\" in the plan")),
        }
    }
}
