//! Compares what was read from two sources, as exactly as can be told.
//!
//! A person's spelling of an expression and a catalog's differ although they mean the same, and
//! not every such pair can be seen to be equal from the texts. So schemas are compared by their
//! texts first. When that leaves a difference, and one of them was spelled by a person, its
//! statements are loaded into a throw-away database, which spells them as the other one does.

use crate::dialect::Dialect;
use crate::diff::{Candidate, DiffRules, Difference, RenameHints, diff};
use crate::error::{ErrorKind, Result};
use crate::ident::Name;
use crate::model::with_additions;
use crate::plan::{Plan, PlanChanges, plan};
use crate::schema::{Schema, Spelling};
use crate::source::Reading;

/// Two schemas, what they differ by, and what is to be done about it.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The schema before.
    pub from: Schema,
    /// The schema after, spelled by the database where that was needed to tell.
    pub to: Schema,
    /// What differs.
    pub difference: Difference,
    /// What is to be done.
    pub plan: Plan,
    /// False when texts of a person were compared with those of a catalog and no throw-away
    /// database was at hand: a difference may be one of spelling.
    pub is_certain: bool,
}

impl Comparison {
    /// Compares two schemas of the dialect of `reading`.
    ///
    /// # Errors
    /// What the dialect cannot express; a statement of `to` that its database refuses.
    pub fn new(
        reading: &Reading<'_>,
        from: Schema,
        to: Schema,
        hints: &RenameHints,
    ) -> Result<Self> {
        let parts = Parts::of(reading.dialect);
        let first = diff(&from, &to, parts.rules, hints);
        let differs_in_spelling = from.spelling != to.spelling;
        if first.is_empty() || !differs_in_spelling {
            return Self::planned(from, to, first, &parts, true);
        }
        match (stored(reading, &from, &parts), stored(reading, &to, &parts)) {
            (Ok(from), Ok(to)) => {
                let difference = diff(&from, &to, parts.rules, hints);
                Self::planned(from, to, difference, &parts, true)
            }
            (Err(error), _) | (_, Err(error)) if error.kind() == ErrorKind::NoScratch => {
                Self::planned(from, to, first, &parts, false)
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    fn planned(
        from: Schema,
        to: Schema,
        difference: Difference,
        parts: &Parts,
        is_certain: bool,
    ) -> Result<Self> {
        let plan = plan(&difference, &from, &to, parts.planner, parts.rules)?;
        Ok(Self {
            from,
            to,
            difference,
            plan,
            is_certain,
        })
    }

    /// The questions that have to be answered before anything is done.
    #[must_use]
    pub fn open_questions(&self) -> &[Candidate] {
        &self.difference.candidates
    }
}

/// The halves of a dialect that compare and plan.
struct Parts {
    rules: &'static dyn DiffRules,
    planner: &'static dyn PlanChanges,
}

impl Parts {
    fn of(dialect: &'static dyn Dialect) -> Self {
        Self {
            rules: dialect.rules(),
            planner: dialect.planner(),
        }
    }
}

/// The statements that make a schema in an empty database.
///
/// # Errors
/// What the dialect cannot express.
pub fn create_statements(dialect: &'static dyn Dialect, schema: &Schema) -> Result<Plan> {
    let parts = Parts::of(dialect);
    let empty = Schema {
        spelling: schema.spelling,
        ..Schema::default()
    };
    let difference = diff(&empty, schema, parts.rules, &RenameHints::default());
    plan(&difference, &empty, schema, parts.planner, parts.rules)
}

/// What a database lacks of these tables of a schema: nothing but additions.
///
/// # Errors
/// What the dialect cannot express.
pub fn plan_additions(
    dialect: &'static dyn Dialect,
    current: &Schema,
    wanted: &Schema,
    tables: &[Name],
) -> Result<Plan> {
    let parts = Parts::of(dialect);
    let adds_constraints = dialect.capabilities().adds_constraints;
    let target = with_additions(current, wanted, tables, parts.rules, adds_constraints);
    let difference = diff(current, &target, parts.rules, &RenameHints::default());
    plan(&difference, current, &target, parts.planner, parts.rules)
}

/// A schema as the database spells it.
fn stored(reading: &Reading<'_>, schema: &Schema, parts: &Parts) -> Result<Schema> {
    if schema.spelling == Spelling::Stored {
        return Ok(schema.clone());
    }
    let empty = Schema::default();
    let difference = diff(&empty, schema, parts.rules, &RenameHints::default());
    let plan = plan(&difference, &empty, schema, parts.planner, parts.rules)?;
    reading.spelled(schema, plan.statements())
}
