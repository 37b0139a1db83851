//! Which of the engine's rules plans go through.
//!
//! A summary asks some fifty questions, and where tables are small it takes longer to plan one than to answer it. So plans
//! over few rows go past the rules that only pay off where there are many.

use std::sync::Arc;

use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;

type LogicalRules = Vec<Arc<dyn OptimizerRule + Send + Sync>>;
type PhysicalRules = Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>>;

/// Rules of logical plans that only make a long run shorter. What has to do with sorting and limits is none of these: a limit
/// that no rule puts into its sort lets the sort be taken away.
const LONG_RUN_LOGICAL: [&str; 10] = [
    "optimize_unions",
    "unions_to_filter",
    "eliminate_duplicated_expr",
    "filter_null_join_keys",
    "eliminate_outer_join",
    "single_distinct_aggregation_to_group_by",
    "eliminate_group_by_constant",
    "common_sub_expression_eliminate",
    "extract_leaf_expressions",
    "push_down_leaf_projections",
];

/// Rules of physical plans that only make a long run shorter: they ask for statistics, and choose between ways to go.
const LONG_RUN_PHYSICAL: [&str; 7] = [
    "aggregate_statistics",
    "join_selection",
    "LimitedDistinctAggregation",
    "FilterPushdown",
    "HashJoinBuffering",
    "TopKRepartition",
    "EnsureCooperative",
];

/// The logical rules for many rows: all.
pub(super) fn logical() -> LogicalRules {
    Optimizer::default().rules
}

/// The logical rules for few rows.
pub(super) fn few_logical() -> LogicalRules {
    let mut rules = logical();
    rules.retain(|rule| !LONG_RUN_LOGICAL.contains(&rule.name()));
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
    let mut rules = physical();
    rules.retain(|rule| !LONG_RUN_PHYSICAL.contains(&rule.name()));
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
        let rules = logical();
        let names: Vec<&str> = rules.iter().map(|rule| rule.name()).collect();
        let all = PhysicalOptimizer::default().rules;
        let physical: Vec<&str> = all.iter().map(|rule| rule.name()).collect();
        for name in LONG_RUN_LOGICAL {
            assert!(names.contains(&name), "{name}");
        }
        for name in LONG_RUN_PHYSICAL {
            assert!(physical.contains(&name), "{name}");
        }
    }
}
