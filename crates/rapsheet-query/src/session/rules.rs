//! Which of the engine's rules plans go through.
//!
//! A summary asks some fifty questions, and where tables are small it takes longer to plan one than to answer it. So plans
//! over few rows go only through the rules that an answer needs, or that keep it from being slow by orders of magnitude.

use std::sync::Arc;

use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;

type LogicalRules = Vec<Arc<dyn OptimizerRule + Send + Sync>>;
type PhysicalRules = Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>>;

/// Rules of logical plans over few rows: those that write subqueries, DISTINCT and some functions in terms that can be run, and
/// those that find the keys of joins, leave out columns and go past tables without rows.
const FEW_LOGICAL: [&str; 11] = [
    "rewrite_set_comparison",
    "simplify_expressions",
    "replace_distinct_aggregate",
    "decorrelate_predicate_subquery",
    "scalar_subquery_to_join",
    "decorrelate_lateral_join",
    "extract_equijoin_predicate",
    "eliminate_cross_join",
    "propagate_empty_relation",
    "push_down_filter",
    "optimize_projections",
];

/// Rules of physical plans over few rows: those that keep sorting right, and the limit.
const FEW_PHYSICAL: [&str; 4] = [
    "OutputRequirements",
    "EnsureRequirements",
    "CombinePartialFinalAggregate",
    "LimitPushdown",
];

/// The logical rules for many rows: all.
pub(super) fn logical() -> LogicalRules {
    Optimizer::default().rules
}

/// The logical rules for few rows.
pub(super) fn few_logical() -> LogicalRules {
    let mut rules = logical();
    rules.retain(|rule| FEW_LOGICAL.contains(&rule.name()));
    rules
}

/// The physical rules for many rows: all but those that cost more in fifty questions than they bring. Projections stay where
/// they are, and a plan that was tested is not checked again.
pub(super) fn physical() -> PhysicalRules {
    let mut rules = PhysicalOptimizer::default().rules;
    rules.retain(|rule| rule.name() != "ProjectionPushdown" && !is_left_out_check(rule.name()));
    rules
}

/// The physical rules for few rows.
pub(super) fn few_physical() -> PhysicalRules {
    let mut rules = PhysicalOptimizer::default().rules;
    rules.retain(|rule| {
        FEW_PHYSICAL.contains(&rule.name())
            || rule.name() == "SanityCheckPlan" && !is_left_out_check(rule.name())
    });
    rules
}

fn is_left_out_check(name: &str) -> bool {
    name == "SanityCheckPlan" && !cfg!(debug_assertions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_has_every_rule_that_is_named() {
        assert_eq!(few_logical().len(), FEW_LOGICAL.len());
        // What is required of the output is put in first and taken out last.
        assert_eq!(
            few_physical().len(),
            FEW_PHYSICAL.len() + 1 + usize::from(cfg!(debug_assertions))
        );
    }
}
