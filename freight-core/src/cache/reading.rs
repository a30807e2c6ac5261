//! Looking for values, and keeping those that were not there.

use std::time::Duration;

use super::guard::{self, Row, State};
use super::server::{Call, FILL, READ};
use super::settings::{Settings, Stage};
use super::wire::{Reply, Trouble};
use super::{Cache, Key, random};
use crate::dialect::Dialect;
use crate::driver::Connection;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The values.
    pub values: &'a [Key],
    /// The generations that all of them depend on.
    pub generations: &'a [Key],
    /// The generation of what is not there, where it is to be kept that something is not.
    pub absences: Option<&'a Key>,
    /// What the values look like: whoever expects another look does not find them.
    pub shape: &'a str,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// The value.
    Hit(Vec<u8>),
    /// Nothing. What the database answers from now on may be kept.
    Fill(Lease),
    /// The database has to be asked, and nothing is to be kept.
    Bypass,
}

/// The right to keep a value, until somebody changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    key: Key,
    token: String,
    tag: Vec<u8>,
    /// That of a value which says that there is nothing.
    absence: Option<Vec<u8>>,
    /// When it was given: making the value has taken as long as it is held.
    given: Duration,
}

impl Cache {
    /// Looks for values. The connection must not be in a transaction, and must not be that of a
    /// replica. Never fails: whatever is wrong with Redis or the guard is a [`Look::Bypass`].
    ///
    /// After [`Look::Fill`], a statement that is sent from now on may be given to
    /// [`fill`](Self::fill).
    pub fn look(
        &mut self,
        connection: &mut dyn Connection,
        dialect: &'static dyn Dialect,
        wanted: &Wanted<'_>,
    ) -> Vec<Look> {
        let mut found = vec![Look::Bypass; wanted.values.len()];
        let Some(epoch) = self.admission(connection, dialect) else {
            self.statistics.bypasses += wanted.values.len() as u64;
            return found;
        };
        // A script alone knows how much time is left.
        let glances = self.is_warm && self.settings.early == 0.0;
        let is_answered = !glances || self.glance(wanted, epoch, &mut found).is_some();
        if is_answered && found.iter().any(|look| !is_hit(look)) {
            self.read_others(wanted, epoch, &mut found);
        }
        self.is_warm = found.iter().any(is_hit);
        self.count(&found);
        found
    }

    /// Looks for what is not found yet, until it is clear what to do about each.
    fn read_others(&mut self, wanted: &Wanted<'_>, epoch: i64, found: &mut [Look]) {
        let token = random();
        let given = self.clock.now();
        let deadline = self.clock.now().saturating_add(self.settings.wait);
        let mut open: Vec<usize> = (0..)
            .zip(&*found)
            .filter(|(_, look)| !is_hit(look))
            .map(|(at, _)| at)
            .collect();
        loop {
            let keys: Vec<&Key> = open
                .iter()
                .filter_map(|at| wanted.values.get(*at))
                .collect();
            let Some((tags, looks)) = self.read(&keys, wanted, epoch, &token) else {
                break;
            };
            let mut waiting = Vec::new();
            for (at, seen) in open.iter().zip(looks) {
                let (Some(place), Some(key)) = (found.get_mut(*at), wanted.values.get(*at)) else {
                    continue;
                };
                match seen {
                    Seen::Hit(value) => *place = Look::Hit(value),
                    Seen::Free | Seen::Early => {
                        self.statistics.early += u64::from(matches!(seen, Seen::Early));
                        *place = Look::Fill(Lease {
                            given,
                            key: key.clone(),
                            token: token.clone(),
                            tag: tags.value.clone(),
                            absence: tags.absence.clone(),
                        });
                    }
                    Seen::Taken => waiting.push(*at),
                    Seen::Fenced => {}
                }
            }
            open = waiting;
            if open.is_empty() || self.clock.now() >= deadline {
                break;
            }
            self.clock.wait(pause());
        }
    }

    /// Keeps that the database answered nothing after the lease was given; `value` is what to find
    /// then. Where rows were being added at that time, nothing is kept.
    pub fn fill_absence(&mut self, mut lease: Lease, value: Vec<u8>, time_to_live: Duration) {
        match lease.absence.take() {
            Some(tag) => self.fill(Lease { tag, ..lease }, value, time_to_live),
            None => self.leave(lease),
        }
    }

    /// Keeps what the database answered after the lease was given. Does not wait.
    pub fn fill(&mut self, lease: Lease, value: Vec<u8>, time_to_live: Duration) {
        let took = self.clock.now().saturating_sub(lease.given);
        let call = Call::new(self.script(&FILL))
            .key(&lease.key)
            .argument(lease.token)
            .argument(value)
            .argument(lease.tag)
            .number(milliseconds(time_to_live))
            .number(took.as_millis().max(1));
        self.statistics.fills += 1;
        self.server.tell(call, self.settings.read_limit);
    }

    /// What was [pointed](Self::point) at from a key. It may be wrong: whoever goes there has to look
    /// whether it is what was looked for.
    pub(super) fn pointed(&mut self, from: &Key) -> Option<Vec<u8>> {
        if !self.breaker.lets(self.clock.now()) || self.is_suspended() {
            return None;
        }
        let reply = self
            .server
            .command(&[b"GET", from.as_bytes()], self.settings.read_limit);
        match self.judged(reply).ok()? {
            Reply::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Points from a key to another one.
    pub(super) fn point(&mut self, from: &Key, to: &Key, time_to_live: Duration) {
        if !self.breaker.lets(self.clock.now()) || self.is_suspended() {
            return;
        }
        let time = milliseconds(time_to_live).to_string();
        let words: &[&[u8]] = &[
            b"SET",
            from.as_bytes(),
            to.as_bytes(),
            b"PX",
            time.as_bytes(),
        ];
        let reply = self.server.command(words, self.settings.read_limit);
        // Without it the next one asks the database too.
        let _ = self.judged(reply);
    }

    /// Points to nothing any more.
    pub(super) fn unpoint(&mut self, from: &Key) {
        if !self.breaker.lets(self.clock.now()) || self.is_suspended() {
            return;
        }
        let words: &[&[u8]] = &[b"DEL", from.as_bytes()];
        let reply = self.server.command(words, self.settings.read_limit);
        // Whoever follows it looks at what is there.
        let _ = self.judged(reply);
    }

    /// Gives a lease back, because there is nothing to keep. Does not wait.
    pub fn leave(&mut self, lease: Lease) {
        let call = Call::new(self.script(&FILL))
            .key(&lease.key)
            .argument(lease.token)
            .argument("")
            .argument(lease.tag)
            .number(0);
        self.server.tell(call, self.settings.read_limit);
    }

    /// The epoch, where the cache may be used now.
    fn admission(
        &mut self,
        connection: &mut dyn Connection,
        dialect: &'static dyn Dialect,
    ) -> Option<i64> {
        if !self.settings.has_guard() {
            return self.may_ask().then_some(guard::NO_EPOCH);
        }
        let state = match self.guard.fresh(self.clock.now()) {
            Some(state) => state,
            None if self.guard.rests(self.clock.now()) => return None,
            None => match self.observe(connection, dialect) {
                Ok(state) => state,
                Err(_) => {
                    self.statistics.errors += 1;
                    return None;
                }
            },
        };
        let state = match state.is_suspended {
            true => self.resume(connection, dialect, state)?,
            false => state,
        };
        if state.is_suspended {
            return None;
        }
        self.may_ask().then_some(state.epoch)
    }

    /// False while Redis is left alone.
    fn may_ask(&mut self) -> bool {
        let may = self.breaker.lets(self.clock.now());
        self.statistics.skipped += u64::from(!may);
        may
    }

    pub(super) fn observe(
        &mut self,
        connection: &mut dyn Connection,
        dialect: &'static dyn Dialect,
    ) -> crate::Result<State> {
        let row = Row {
            namespace: &self.settings.namespace,
            dialect,
            settings: &self.settings,
        };
        self.guard.observe(&row, connection, &*self.clock)
    }

    /// Has all processes read anew what the database has, after it was changed.
    pub(super) fn renew(
        &mut self,
        connection: &mut dyn Connection,
        dialect: &'static dyn Dialect,
    ) -> crate::Result<()> {
        // The row may not be there yet.
        self.observe(connection, dialect)?;
        let row = Row {
            namespace: &self.settings.namespace,
            dialect,
            settings: &self.settings,
        };
        row.renew(connection)?;
        // What this process keeps from now on is not to be forgotten when it looks again.
        self.observe(connection, dialect).map(|_| ())
    }

    /// Resumes, where Redis can be reached again. Not at once: those who could not reach it shall
    /// not have to suspend for each of their commits.
    fn resume(
        &mut self,
        connection: &mut dyn Connection,
        dialect: &'static dyn Dialect,
        state: State,
    ) -> Option<State> {
        let now = self.clock.now();
        let since = self.guard.known_since(state.epoch)?;
        if now.saturating_sub(since) < self.settings.suspension || !self.breaker.lets(now) {
            return None;
        }
        let limit = self.settings.read_limit;
        let answer = self.server.command(&[b"PING"], limit);
        self.judged(answer).ok()?;
        let row = Row {
            namespace: &self.settings.namespace,
            dialect,
            settings: &self.settings,
        };
        if row.set_suspended(connection, state, false).ok()? {
            self.statistics.resumptions += 1;
        }
        self.observe(connection, dialect).ok()
    }

    /// READ. `None` where Redis does not answer.
    ///
    /// A tag names the server, because one that begins anew may know what it had saved long before,
    /// with generations that were replaced since. So an answer counts only if it came from the
    /// server that the tag names.
    fn read(
        &mut self,
        keys: &[&Key],
        wanted: &Wanted<'_>,
        epoch: i64,
        token: &str,
    ) -> Option<(Tags, Vec<Seen>)> {
        for _ in 0..2 {
            let limit = self.settings.read_limit;
            let run = self.server.run(limit);
            let run = self.judged(run).ok()?;
            let connection = self.server.connection();
            let tag = begun(&self.settings, &run, epoch, wanted.shape);
            let call = self.read_call(keys, wanted, &tag, token);
            let reply = self.server.ask(&call, limit);
            let reply = self.judged(reply).ok()?;
            if self.server.connection() == connection {
                let read = seen(reply, keys.len());
                self.statistics.errors += u64::from(read.is_none());
                return read;
            }
        }
        None
    }

    fn read_call(&self, keys: &[&Key], wanted: &Wanted<'_>, tag: &str, token: &str) -> Call {
        let call = Call::new(self.script(&READ))
            .number(keys.len() as u128)
            .argument(tag)
            .argument(token)
            .number(self.settings.lease.as_millis())
            .argument(random())
            .number(u128::from(wanted.absences.is_some()))
            .argument(eagerness(self.settings.early).to_string());
        let generations = wanted.generations.iter().chain(wanted.absences);
        let keys = keys.iter().copied().chain(generations);
        keys.fold(call, Call::key)
    }

    /// Notes whether Redis answered.
    pub(super) fn judged<T>(&mut self, outcome: Result<T, Trouble>) -> Result<T, Trouble> {
        match &outcome {
            Ok(_) => self.breaker.succeed(),
            Err(_) => {
                self.statistics.errors += 1;
                self.breaker.fail(self.clock.now());
            }
        }
        outcome
    }

    fn count(&mut self, found: &[Look]) {
        for look in found {
            match look {
                Look::Hit(_) => self.statistics.hits += 1,
                Look::Fill(_) => self.statistics.misses += 1,
                Look::Bypass => self.statistics.bypasses += 1,
            }
        }
    }
}

/// What tags begin with: which run of which server it is, the epoch, and what is expected.
pub(super) fn begun(settings: &Settings, run: &str, epoch: i64, shape: &str) -> String {
    let run = if settings.does(Stage::ServerTag) {
        run
    } else {
        ""
    };
    match settings.does(Stage::EpochTag) {
        true => format!("{run} {epoch} {shape}"),
        false => format!("{run} {shape}"),
    }
}

/// What is put beside values.
struct Tags {
    value: Vec<u8>,
    absence: Option<Vec<u8>>,
}

fn is_hit(look: &Look) -> bool {
    matches!(look, Look::Hit(_))
}

/// What READ says of a value.
enum Seen {
    Hit(Vec<u8>),
    Free,
    Early,
    Taken,
    Fenced,
}

fn seen(reply: Reply, count: usize) -> Option<(Tags, Vec<Seen>)> {
    let Reply::List(list) = reply else {
        return None;
    };
    let mut list = list.into_iter();
    let (Some(Reply::Bytes(value)), Some(Reply::Bytes(absence))) = (list.next(), list.next())
    else {
        return None;
    };
    let tags = Tags {
        value,
        absence: Some(absence).filter(|tag| !tag.is_empty()),
    };
    let looks: Option<Vec<Seen>> = list.map(seen_of).collect();
    looks
        .filter(|looks| looks.len() == count)
        .map(|looks| (tags, looks))
}

fn seen_of(reply: Reply) -> Option<Seen> {
    let Reply::List(parts) = reply else {
        return None;
    };
    let mut parts = parts.into_iter();
    let Some(Reply::Bytes(word)) = parts.next() else {
        return None;
    };
    match (&*word, parts.next()) {
        (b"H", Some(Reply::Bytes(value))) => Some(Seen::Hit(value)),
        (b"F", None) => Some(Seen::Free),
        (b"E", None) => Some(Seen::Early),
        (b"W", None) => Some(Seen::Taken),
        (b"B", None) => Some(Seen::Fenced),
        _ => None,
    }
}

/// A number from 0 to 255.
fn die() -> u32 {
    u32::from_str_radix(random().get(..2).unwrap_or("80"), 16).unwrap_or(128)
}

/// Those who wait for the same value do not ask for it at the same moments.
fn pause() -> Duration {
    Duration::from_micros(2000 + u64::from(die()) * 20)
}

/// By how many times what it took to make a value somebody makes it anew before it lapses. Of many
/// who ask, one is so early by chance, and the more of them the sooner: "Optimal Probabilistic Cache
/// Stampede Prevention", <https://www.vldb.org/pvldb/vol8/p886-vattani.pdf>.
fn eagerness(early: f64) -> f64 {
    if early <= 0.0 {
        return 0.0;
    }
    let parts = u64::from_str_radix(random().get(..8).unwrap_or("80000000"), 16);
    #[allow(clippy::cast_precision_loss, reason = "it is a number of 32 bits")]
    let share = (parts.unwrap_or(1 << 31) as f64 + 0.5) / f64::from(u32::MAX);
    early * -share.min(1.0).ln().min(0.0)
}

/// For how long something is kept, in milliseconds.
pub(super) fn milliseconds(time_to_live: Duration) -> u128 {
    jittered(time_to_live).as_millis().max(1)
}

/// Up to a tenth more or less.
fn jittered(time: Duration) -> Duration {
    time.mul_f64(0.9 + 0.2 * f64::from(die()) / 255.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::jittered;

    #[test]
    fn times_to_live_are_not_all_the_same() {
        let times: Vec<_> = (0..200)
            .map(|_| jittered(Duration::from_secs(100)))
            .collect();
        let least = times.iter().min().unwrap();
        let most = times.iter().max().unwrap();
        assert!(*least >= Duration::from_secs(90) && *most <= Duration::from_secs(110));
        assert!(*most - *least > Duration::from_secs(5));
    }
}
