//! Sentences of words by topic: the cell's rank picks the topic, so that the words carry its signal.

use super::Scope;
use super::draw::{Draws, slot};
use super::words::Words;
use crate::error::Result;
use std::sync::Arc;

/// The share of words that come from the topic's own list, of 256.
const TOPICAL: u32 = 115;
/// Fewest and most words of a sentence; the last takes what is left where that is less than `SENTENCE.0`.
const SENTENCE: (usize, usize) = (5, 13);
/// The share of words inside a sentence that a comma follows, of 256.
const COMMA: u32 = 15;
/// The most words of one cell.
const MOST: usize = 1 << 16;

#[derive(Debug)]
pub struct Prose {
    topics: Vec<Arc<Words>>,
    common: Arc<Words>,
    low: usize,
    high: usize,
    title: bool,
}

impl Prose {
    pub fn compile(
        topics: &[String],
        common: &str,
        (low, high): (usize, usize),
        title: bool,
        scope: &Scope<'_>,
    ) -> Result<Self> {
        if low > high || high > MOST {
            return Err(scope.error(format!("expected low <= high <= {MOST} words, not {low}..{high}")));
        }
        let list = |name: &str| scope.lists.get(name).map_err(|message| scope.error(message));
        let topics: Vec<_> = topics.iter().map(|name| list(name)).collect::<Result<_>>()?;
        if topics.is_empty() {
            return Err(scope.error("prose needs one topic list at least"));
        }
        Ok(Self { topics, common: list(common)?, low, high, title })
    }

    pub fn write(&self, rank: f64, draws: &mut Draws, out: &mut String) {
        let topic = self.topics[slot(rank, self.topics.len())].as_ref();
        let count = self.low + draws.below(self.high - self.low + 1);
        let mut before = (true, usize::MAX);
        // Words left in the sentence; 0 starts a new one.
        let mut sentence = 0;
        for word in 0..count {
            let first = sentence == 0;
            if first {
                sentence = self.sentence(count - word, draws);
            }
            if word > 0 {
                out.push(' ');
            }
            // One draw for a word: 8 bits say which list, 24 which entry, and the lowest of these whether a comma follows.
            let bits = draws.bits();
            let topical = bits >> 24 < TOPICAL;
            let list = if topical { topic } else { self.common.as_ref() };
            let mut index = ((u64::from(bits & 0xFF_FFFF) * list.len() as u64) >> 24) as usize;
            if (topical, index) == before {
                index = (index + 1) % list.len();
            }
            before = (topical, index);
            if first || self.title {
                capital(list.get(index), out)
            } else {
                out.push_str(list.get(index))
            }
            sentence -= 1;
            if self.title {
                continue;
            }
            if sentence == 0 {
                out.push('.');
            } else if sentence > 1 && !first && bits & 0xFF < COMMA {
                out.push(',');
            }
        }
    }

    fn sentence(&self, left: usize, draws: &mut Draws) -> usize {
        let length = SENTENCE.0 + draws.below(SENTENCE.1 - SENTENCE.0 + 1);
        if self.title || left < length + SENTENCE.0 { left } else { length }
    }
}

/// `word` with its first letter in upper case.
fn capital(word: &str, out: &mut String) {
    let mut letters = word.chars();
    out.extend(letters.next().into_iter().flat_map(char::to_uppercase));
    out.push_str(letters.as_str());
}
