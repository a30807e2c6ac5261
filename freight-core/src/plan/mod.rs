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

    /// The plan as the text of a script: what it needs as directives, then each statement, with
    /// what can go wrong in a comment above it.
    #[must_use]
    pub fn script(&self) -> String {
        let mut text = String::new();
        for directive in self.needs.directives() {
            text.push_str(directive);
            text.push('\n');
        }
        for step in &self.steps {
            for hazard in &step.hazards {
                text.push_str(&format!(
                    "-- {}: {}\n",
                    hazard.safety,
                    one_line(&hazard.reason)
                ));
            }
            for statement in &step.statements {
                text.push_str(statement);
                text.push_str(";\n");
            }
        }
        text
    }

    /// The directives that allow what of the plan loses data, each once.
    #[must_use]
    pub fn allowances(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let hazards = self.steps.iter().flat_map(|step| &step.hazards);
        for hazard in hazards.filter(|hazard| hazard.safety == Safety::LosesData) {
            let thing = one_line(&hazard.allow.replacen(':', " ", 1));
            let line = format!("-- freight:allow {thing}");
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
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

/// A name may hold a line break, and a comment must not.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
