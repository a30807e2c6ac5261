//! A first look with plain commands: a hit is found by what a script would find, for a fifth of
//! what a script costs the server.
//!
//! ```text
//! HGETALL value, …, HGETALL generation, …   sent together, and not as one step
//! ```
//!
//! What stands there counts as it does for READ, but where a fence stands, READ has to say whether it
//! has fallen. The commands need not be one step:
//! - A writer who had the *value* fenced, and whose commit was acknowledged before this began, has
//!   taken the value away by then. What stands there now without a fence was filled afterwards.
//! - One who had a *table* fenced has given it another generation by then, which is never one that
//!   was there before. No value has that one in its tag but those that were read after the fence was
//!   gone; and whoever had the fence still there is seen when the generations are read.

use super::reading::{Look, Wanted, begun};
use super::wire::Reply;
use super::{Cache, Key};

impl Cache {
    /// Puts in what is found; the rest stays as it is. `None` where Redis does not answer.
    pub(super) fn glance(
        &mut self,
        wanted: &Wanted<'_>,
        epoch: i64,
        found: &mut [Look],
    ) -> Option<()> {
        let limit = self.settings.read_limit;
        let run = self.server.run(limit);
        let run = self.judged(run).ok()?;
        let connection = self.server.connection();
        let generations = wanted.generations.iter().chain(wanted.absences);
        let commands: Vec<[&[u8]; 2]> = wanted
            .values
            .iter()
            .chain(generations)
            .map(command)
            .collect();
        let commands: Vec<&[&[u8]]> = commands.iter().map(<[&[u8]; 2]>::as_slice).collect();
        let replies = self.server.commands(&commands, limit);
        let mut values = self.judged(replies).ok()?;
        if self.server.connection() != connection {
            return Some(());
        }
        let generations = values.split_off(wanted.values.len().min(values.len()));
        let begun = begun(&self.settings, &run, epoch, wanted.shape);
        let Some(tags) = tags(begun, generations, wanted) else {
            return Some(());
        };
        for (place, value) in found.iter_mut().zip(values) {
            if let Some(value) = value.and_then(|reply| tagged(reply, &tags)) {
                *place = Look::Hit(value);
            }
        }
        Some(())
    }
}

fn command(key: &Key) -> [&[u8]; 2] {
    [b"HGETALL", key.as_bytes()]
}

/// The tags that count, as READ makes them: that of values, and that of absences. `None` where values
/// do not count now.
fn tags(begun: String, replies: Vec<Option<Reply>>, wanted: &Wanted<'_>) -> Option<Vec<Vec<u8>>> {
    let mut replies = replies.into_iter();
    let mut tag = begun.into_bytes();
    for reply in replies.by_ref().take(wanted.generations.len()) {
        tag.push(b' ');
        tag.extend(unfenced(reply)?);
    }
    let mut tags = vec![tag];
    if let (Some(reply), Some(tag)) = (replies.next(), tags.first())
        && let Some(generation) = unfenced(reply)
    {
        tags.push([tag, b" absent ".as_slice(), &generation].concat());
    }
    Some(tags)
}

/// A generation that nobody has fenced.
fn unfenced(reply: Option<Reply>) -> Option<Vec<u8>> {
    let [(name, generation)] = fields(reply?)?.try_into().ok()?;
    (name == b"g").then_some(generation)
}

/// A value with one of the tags that nobody has fenced.
fn tagged(reply: Reply, tags: &[Vec<u8>]) -> Option<Vec<u8>> {
    let (mut value, mut is_tagged) = (None, false);
    for (name, content) in fields(reply)? {
        match &*name {
            b"v" => value = Some(content),
            b"t" => is_tagged = tags.contains(&content),
            // A lease, how long it took, and how many fences there were.
            b"l" | b"le" | b"d" | b"n" => {}
            _ => return None,
        }
    }
    value.filter(|_| is_tagged)
}

/// The fields of a hash.
fn fields(reply: Reply) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let Reply::List(items) = reply else {
        return None;
    };
    let mut items = items.into_iter();
    let mut fields = Vec::new();
    while let Some(name) = items.next() {
        match (name, items.next()) {
            (Reply::Bytes(name), Some(Reply::Bytes(content))) => fields.push((name, content)),
            _ => return None,
        }
    }
    Some(fields)
}
