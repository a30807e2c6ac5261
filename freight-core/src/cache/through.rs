//! Writing through: a writer keeps the row that it has just written, when it takes its fences away.
//!
//! Its own fence keeps everybody from filling, and so is a lease. What it reads after its commit is
//! the newest there is, unless somebody else changes the row meanwhile. So it may be kept only if no
//! other fence stood beside the writer's own when it was set, and none was set since: each one is
//! counted. A fence that fell by itself counts as well, since its writer may commit later.
//!
//! That no other fence is left at the end is not enough: a statement by itself is fenced before it
//! waits for the lock of the row, commits after the other writer, and may be done with its fence
//! first.
//!
//! Changes of the whole table are no matter: they replace its generation, which the tag names as it
//! was when the fence was set.

use std::collections::BTreeMap;
use std::time::Duration;

use super::reading::begun;
use super::server::Call;
use super::wire::Reply;
use super::{Cache, Key};

/// What a writer has read of a row that it wrote, after its commit.
#[derive(Clone, Debug)]
pub struct Written {
    /// Where it is kept.
    pub key: Key,
    /// As it is kept.
    pub value: Vec<u8>,
    /// The generations that it depends on, in the order in which readers name them.
    pub generations: Vec<Key>,
    /// What it looks like.
    pub shape: String,
    /// For how long it is kept.
    pub time_to_live: Duration,
}

/// What a writer knows of the values that it has fenced.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The run of the server that has the fences.
    run: String,
    epoch: i64,
    /// How many fences those have had that nobody else has fenced now.
    counts: BTreeMap<Key, Vec<u8>>,
    /// The generations without fences.
    generations: BTreeMap<Key, Vec<u8>>,
}

impl Known {
    /// Reads what FENCE answered. Nothing, where that is something else.
    pub(super) fn read(
        run: String,
        epoch: i64,
        values: &[Key],
        asked: &[Key],
        reply: Reply,
    ) -> Self {
        let mut known = Self {
            run,
            epoch,
            ..Self::default()
        };
        let Reply::List(list) = reply else {
            return known;
        };
        let texts = list.into_iter().map(|reply| match reply {
            Reply::Bytes(bytes) => bytes,
            _ => Vec::new(),
        });
        let mut texts = texts.collect::<Vec<_>>().into_iter();
        let mut those_of = |keys: &[Key]| -> BTreeMap<Key, Vec<u8>> {
            keys.iter()
                .cloned()
                .zip(texts.by_ref().take(keys.len()))
                .filter(|(_, text)| !text.is_empty())
                .collect()
        };
        known.counts = those_of(values);
        known.generations = those_of(asked);
        known
    }

    /// True where what is read of a value after the commit may be kept.
    pub(super) fn allows(&self, key: &Key) -> bool {
        self.counts.contains_key(key)
    }
}

impl Cache {
    /// Adds to RELEASE what is to be kept of each value.
    pub(super) fn with_written(
        &self,
        mut call: Call,
        values: &[Key],
        known: &Known,
        written: &[Written],
    ) -> Call {
        if written.is_empty() {
            return call;
        }
        for key in values {
            let own = written.iter().find(|written| written.key == *key);
            let kept = own.and_then(|own| Some((own, known.counts.get(key)?)));
            let kept = kept.and_then(|(own, count)| Some((own, count, self.tag_of(own, known)?)));
            call = match kept {
                Some((own, count, tag)) => call
                    .argument(count.clone())
                    .argument(own.value.clone())
                    .argument(tag)
                    .number(super::reading::milliseconds(own.time_to_live)),
                None => call.argument("").argument("").argument("").number(0),
            };
        }
        call
    }

    /// As READ makes it.
    fn tag_of(&self, written: &Written, known: &Known) -> Option<Vec<u8>> {
        let mut tag = begun(&self.settings, &known.run, known.epoch, &written.shape).into_bytes();
        for generation in &written.generations {
            tag.push(b' ');
            tag.extend(known.generations.get(generation)?);
        }
        Some(tag)
    }
}
