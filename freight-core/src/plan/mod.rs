//! Changes as statements.
//!
//! ```text
//! Difference ─► for each change: PlanChanges (the dialect) ─► Step { statements, needs, hazards }
//! ```
//!
//! The way back is the plan of the opposite difference, not a list of opposite statements: what a
//! rebuild or a type change needs is not the mirror of what it did.

mod needs;

pub use needs::Needs;

use crate::diff::{Change, DiffRules, Difference, Hazard, Safety, hazards};
use crate::error::Result;
use crate::schema::Schema;

/// What is done for a difference, step by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// What has to hold for the whole.
    pub needs: Needs,
}

/// The statements of one change.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What changes.
    pub change: Change,
    /// The statements, without semicolons, in their order.
    pub statements: Vec<String>,
    /// What can go wrong, the worst first.
    pub hazards: Vec<Hazard>,
}

impl Step {
    /// How dangerous it is.
    #[must_use]
    pub fn safety(&self) -> Safety {
        self.hazards
            .iter()
            .map(|hazard| hazard.safety)
            .max()
            .unwrap_or(Safety::Safe)
    }
}

impl Plan {
    /// Every statement, in order.
    pub fn statements(&self) -> impl Iterator<Item = &str> {
        self.steps
            .iter()
            .flat_map(|step| step.statements.iter().map(String::as_str))
    }

    /// True when there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// What a dialect does for one change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// The statements, without semicolons.
    pub statements: Vec<String>,
    /// What they need of the one who runs them.
    pub needs: Needs,
    /// What can go wrong in this dialect beyond what the change itself tells.
    pub hazards: Vec<Hazard>,
}

/// The schemas on both sides, for what a change alone does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Before the first change.
    pub from: &'a Schema,
    /// After the last one.
    pub to: &'a Schema,
    /// All changes, in their order.
    pub changes: &'a [Change],
}

/// Changes into statements: the dialect's half.
pub trait PlanChanges: Sync {
    /// The statements of one change: as few as the database allows, laid out for people.
    ///
    /// The statements of all changes, in the order in which they were given, lead from
    /// `context.from` to `context.to` on a database with rows in it.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for what this database cannot express or
    /// change, naming the thing, before any statement is made.
    fn plan(&self, change: &Change, context: &Context<'_>) -> Result<Planned>;
}

/// The plan for a difference of two schemas.
///
/// # Errors
/// What the dialect refuses.
pub fn plan(
    difference: &Difference,
    from: &Schema,
    to: &Schema,
    planner: &dyn PlanChanges,
    rules: &dyn DiffRules,
) -> Result<Plan> {
    let context = Context {
        from,
        to,
        changes: &difference.changes,
    };
    let mut plan = Plan::default();
    for change in &difference.changes {
        let planned = planner.plan(change, &context)?;
        let mut hazards = hazards(change, rules);
        for hazard in planned.hazards {
            if !hazards.contains(&hazard) {
                hazards.push(hazard);
            }
        }
        hazards.sort_by_key(|hazard| std::cmp::Reverse(hazard.safety));
        plan.needs.add(planned.needs);
        plan.steps.push(Step {
            change: change.clone(),
            statements: planned.statements,
            hazards,
        });
    }
    Ok(plan)
}
