//! The prepared statements of a connection, and the types that its users made. Plain data: the
//! driver does the talking.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;

use super::super::values::{FIRST_USER_OID, ParameterType};
use super::bound::Bound;
use super::shape::Shape;
use crate::driver::Columns;

/// How a statement is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// `EXECUTE freight_7('…', …)`.
    Prepared(u64),
    /// The statement itself, with the literals in place of `$1`, `$2`….
    Inline,
}

/// A statement, ready for its values.
#[derive(Debug)]
pub(super) struct Plan {
    /// The text with `$1`, `$2`… and without a closing semicolon.
    pub(super) sql: String,
    /// How it is sent.
    pub(super) sending: Sending,
    /// What the server takes each value for.
    pub(super) parameters: Vec<ParameterType>,
    /// Each of them is a plain type.
    pub(super) takes_plain: bool,
    /// What it is.
    pub(super) shape: Shape,
    /// The columns of its result, once they are known. An empty result does not tell them.
    pub(super) columns: OnceLock<Columns>,
    /// [`Cache::generation`] when it was made.
    pub(super) generation: u64,
}

/// How a plan is run.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// By EXECUTE; nobody looked yet whether there is a shorter one.
    Unknown,
    /// By EXECUTE.
    Long,
    /// In binary form.
    Short(Arc<Bound>),
}

/// A plan that is about to be run again.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) plan: Arc<Plan>,
    pub(super) way: Way,
    /// How often it was run, with this time.
    pub(super) runs: u32,
}

#[derive(Debug)]
struct Kept {
    plan: Arc<Plan>,
    way: Way,
    runs: u32,
    last_use: u64,
}

/// The plans by their text, the least recently used goes first.
#[derive(Debug)]
pub(super) struct Cache {
    plans: HashMap<String, Kept, RandomState>,
    capacity: usize,
    uses: u64,
    numbers: u64,
    generation: u64,
    /// Prepared statements that are not used any more and still to be deallocated.
    discarded: Vec<u64>,
    /// How many statements were prepared as messages since all of them were closed.
    messages: usize,
}

impl Cache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            plans: HashMap::default(),
            capacity,
            uses: 0,
            numbers: 0,
            generation: 0,
            discarded: Vec::new(),
            messages: 0,
        }
    }

    /// False when nothing is to be prepared.
    pub(super) fn is_on(&self) -> bool {
        self.capacity > 0
    }

    /// The plan for a text, to be run once more.
    pub(super) fn get(&mut self, sql: &str) -> Option<Use> {
        self.uses += 1;
        let kept = self.plans.get_mut(sql)?;
        kept.last_use = self.uses;
        kept.runs = kept.runs.saturating_add(1);
        Some(Use {
            plan: Arc::clone(&kept.plan),
            way: kept.way.clone(),
            runs: kept.runs,
        })
    }

    /// Keeps a plan, and gives up the least recently used one where there is no room.
    pub(super) fn insert(&mut self, sql: &str, plan: Arc<Plan>) {
        if self.plans.len() >= self.capacity {
            let oldest = self.plans.iter().min_by_key(|(_, kept)| kept.last_use);
            if let Some(oldest) = oldest.map(|(sql, _)| sql.clone()) {
                self.discard(&oldest);
            }
        }
        self.uses += 1;
        let kept = Kept {
            plan,
            way: Way::Unknown,
            runs: 1,
            last_use: self.uses,
        };
        self.plans.insert(sql.to_owned(), kept);
    }

    /// Remembers how a plan is run from now on.
    pub(super) fn set_way(&mut self, sql: &str, way: Way) {
        if let Some(kept) = self.plans.get_mut(sql) {
            kept.way = way;
        }
    }

    /// True when one more statement may be prepared as a message.
    pub(super) fn has_room_for_message(&self) -> bool {
        self.messages < self.capacity.max(1)
    }

    /// One more statement is prepared as a message.
    pub(super) fn count_message(&mut self) {
        self.messages += 1;
    }

    /// Those that were prepared as messages are closed: whoever had a short way looks for it again.
    pub(super) fn forget_messages(&mut self) {
        self.messages = 0;
        for kept in self.plans.values_mut() {
            if matches!(kept.way, Way::Short(_)) {
                (kept.way, kept.runs) = (Way::Unknown, 1);
            }
        }
    }

    /// Gives a plan up.
    pub(super) fn discard(&mut self, sql: &str) {
        if let Some(kept) = self.plans.remove(sql)
            && let Sending::Prepared(number) = kept.plan.sending
        {
            self.discarded.push(number);
        }
    }

    /// The server has forgotten every prepared statement.
    pub(super) fn clear(&mut self) {
        self.plans.clear();
        self.discarded.clear();
    }

    /// Statements to deallocate; they are not told again.
    pub(super) fn take_discarded(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.discarded)
    }

    /// A number that no prepared statement of this connection had.
    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// How often this connection changed definitions or settings.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// This connection changed definitions or settings: plans may not fit any more.
    pub(super) fn outdate(&mut self) {
        self.generation += 1;
    }
}

/// Names of types, and what lies under domains.
#[derive(Debug, Default)]
pub(super) struct Types {
    /// Name, and for a domain the type that it is over.
    known: HashMap<u32, (String, Option<u32>)>,
    is_loaded: bool,
}

impl Types {
    /// Types made by users and extensions, with their array types: `oid`, `typarray`,
    /// `typbasetype` (0 where it is no domain), name. Row types of tables are left out.
    pub(super) const QUERY: &str = "SELECT oid, typarray, typbasetype, \
        pg_catalog.format_type(oid, NULL) FROM pg_catalog.pg_type WHERE oid >= 16384 AND \
        (typtype IN ('e', 'd', 'r', 'm') OR typtype = 'b' AND typelem = 0 OR typtype = 'c' AND \
        typrelid IN (SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'c'))";

    /// True when the server was asked, and no type was made since by this connection.
    pub(super) fn is_loaded(&self) -> bool {
        self.is_loaded
    }

    /// The types have to be asked for again.
    pub(super) fn forget(&mut self) {
        self.is_loaded = false;
    }

    /// Takes the rows of [`QUERY`](Self::QUERY).
    pub(super) fn load(&mut self, rows: Vec<(u32, u32, u32, String)>) {
        self.known.clear();
        self.is_loaded = true;
        for (oid, array, base, name) in rows {
            self.known.insert(array, (format!("{name}[]"), None));
            self.known.insert(oid, (name, (base != 0).then_some(base)));
        }
        self.known.remove(&0);
    }

    /// The name of a type that is not built in; empty when nobody knows.
    pub(super) fn name(&self, oid: u32) -> &str {
        self.known.get(&oid).map_or("", |(name, _)| name)
    }

    /// The type under a domain, or the type itself; `None` for one that is not known.
    pub(super) fn base(&self, mut oid: u32) -> Option<u32> {
        // A domain cannot be over itself; the limit is for what a broken catalog may say.
        for _ in 0..64 {
            if oid < FIRST_USER_OID {
                return Some(oid);
            }
            match self.known.get(&oid)?.1 {
                None => return Some(oid),
                Some(base) => oid = base,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(number: u64) -> Arc<Plan> {
        Arc::new(Plan {
            sql: String::new(),
            sending: Sending::Prepared(number),
            parameters: Vec::new(),
            takes_plain: true,
            shape: Shape::read("SELECT 1"),
            columns: OnceLock::new(),
            generation: 0,
        })
    }

    #[test]
    fn the_least_recently_used_plan_goes_first() {
        let mut cache = Cache::new(2);
        cache.insert("a", plan(1));
        cache.insert("b", plan(2));
        assert!(cache.get("a").is_some());
        cache.insert("c", plan(3));
        assert!(cache.get("b").is_none());
        assert!(cache.get("a").is_some() && cache.get("c").is_some());
        assert_eq!(cache.take_discarded(), [2]);
        assert!(cache.take_discarded().is_empty());
    }

    #[test]
    fn domains_are_followed_to_their_base() {
        let mut types = Types::default();
        types.load(vec![
            (20_000, 20_001, 17, "image".to_owned()),
            (20_002, 20_003, 20_000, "thumbnail".to_owned()),
            (20_004, 0, 0, "mood".to_owned()),
        ]);
        assert_eq!(types.base(20_002), Some(17));
        assert_eq!(types.base(20_004), Some(20_004));
        assert_eq!(types.base(23), Some(23));
        assert_eq!(types.base(30_000), None);
        assert_eq!(types.name(20_003), "thumbnail[]");
        assert_eq!(types.name(30_000), "");
    }
}
