//! A plan for programs: each step with what can go wrong, and its SQL.

use freight_core::plan::Plan;
use serde_json::{Value, json};

/// The steps of a plan for `--json`.
pub(crate) fn of(plan: &Plan) -> Value {
    let steps = plan.steps.iter().map(|step| {
        let hazards = step.hazards.iter().map(|hazard| {
            json!({
                "safety": hazard.safety.as_str(),
                "allow": hazard.allow,
                "reason": hazard.reason,
            })
        });
        json!({
            "safety": step.safety().as_str(),
            "hazards": hazards.collect::<Vec<_>>(),
            "statements": step.statements,
        })
    });
    Value::Array(steps.collect())
}
