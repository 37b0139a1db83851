//! The step of a plan that has a table's parts make their rows.
//!
//! It tells how many rows are to be expected, so that joins begin with their smaller side; and it takes what the other side
//! of a join turned out to hold, so that rows without a partner are not made at all.

use std::fmt;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Statistics, internal_err};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::filter_pushdown::{
    ChildPushdownResult, FilterPushdownPhase, FilterPushdownPropagation, PushedDown,
};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, apply_expression_roots,
};
use futures::StreamExt;
use rapsheet_schema::Condition;

use super::sources::Source;

/// What a query wants of a table.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// The wanted columns.
    pub(super) schema: SchemaRef,
    /// Their places in the table.
    pub(super) projection: Arc<[usize]>,
    /// What is known of the rows when the query is planned.
    pub(super) conditions: Arc<[Condition]>,
    /// Whether rows may be put together.
    pub(super) adds_up: bool,
}

/// Parts of a table, each read by one thread.
#[derive(Clone, Debug)]
pub(super) struct Made {
    sources: Arc<[Arc<dyn Source>]>,
    question: Question,
    /// What joins will know of the rows when the query runs.
    filters: Vec<Arc<dyn PhysicalExpr>>,
    properties: Arc<PlanProperties>,
}

impl Made {
    pub(super) fn new(sources: Vec<Arc<dyn Source>>, question: Question) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&question.schema)),
            Partitioning::UnknownPartitioning(sources.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self {
            sources: sources.into(),
            question,
            filters: Vec::new(),
            properties: Arc::new(properties),
        }
    }
}

impl DisplayAs for Made {
    fn fmt_as(&self, _: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Made: parts={}", self.sources.len())?;
        for filter in &self.filters {
            write!(out, ", filter={filter}")?;
        }
        Ok(())
    }
}

impl ExecutionPlan for Made {
    fn name(&self) -> &'static str {
        "Made"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        if children.is_empty() {
            Ok(self)
        } else {
            internal_err!("nothing stands below {self:?}")
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> EngineResult<TreeNodeRecursion>,
    ) -> EngineResult<TreeNodeRecursion> {
        apply_expression_roots(&self.filters, visit)
    }

    fn statistics_from_inputs(
        &self,
        _: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> EngineResult<Arc<Statistics>> {
        let Question {
            projection,
            conditions,
            adds_up,
            ..
        } = &self.question;
        let expected = |source: &Arc<dyn Source>| match adds_up {
            true => source.estimate(projection, conditions),
            false => source.rows(),
        };
        let rows = match args.partition() {
            Some(part) => self.sources.get(part).map_or(0, expected),
            None => self.sources.iter().map(expected).sum(),
        };
        let mut statistics = Statistics::new_unknown(&self.question.schema);
        statistics.num_rows = Precision::Inexact(rows);
        Ok(Arc::new(statistics))
    }

    fn handle_child_pushdown_result(
        &self,
        phase: FilterPushdownPhase,
        told: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> EngineResult<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        // Whoever told a filter looks again: it is used as far as numbers go.
        let answers = vec![PushedDown::No; told.parent_filters.len()];
        let answer = FilterPushdownPropagation::with_parent_pushdown_result(answers);
        if !self.question.adds_up || !matches!(phase, FilterPushdownPhase::Post) {
            return Ok(answer);
        }
        let mut made = self.clone();
        let filters = told.parent_filters.into_iter().map(|told| told.filter);
        made.filters
            .extend(filters.filter(|filter| collect_columns(filter).len() == 1));
        Ok(answer.with_updated_node(Arc::new(made)))
    }

    fn execute(
        &self,
        partition: usize,
        _: Arc<TaskContext>,
    ) -> EngineResult<SendableRecordBatchStream> {
        let Some(source) = self.sources.get(partition).cloned() else {
            return internal_err!("there is no part {partition}");
        };
        let Question {
            schema,
            projection,
            conditions,
            adds_up,
        } = self.question.clone();
        if adds_up {
            let (filters, wanted) = (self.filters.clone(), Arc::clone(&schema));
            // What the filters say is known when the first row is asked for.
            let merged = futures::stream::once(async move {
                let mut conditions = conditions.to_vec();
                for filter in &filters {
                    conditions.extend(among(source.as_ref(), filter, &wanted, &projection)?);
                }
                Ok(source.merged(&projection, &conditions)?)
            });
            let batches = merged.flat_map(|merged: EngineResult<Vec<RecordBatch>>| {
                let batches = match merged {
                    Ok(batches) => batches.into_iter().map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                };
                futures::stream::iter(batches)
            });
            return Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)));
        }
        let batches = (0..source.batches()).map(move |index| {
            source
                .batch(index, &projection)
                .map_err(DataFusionError::from)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            schema,
            futures::stream::iter(batches),
        )))
    }
}

/// Asks a filter about each distinct value of its column, where the source has such values.
fn among(
    source: &dyn Source,
    filter: &Arc<dyn PhysicalExpr>,
    wanted: &Schema,
    projection: &[usize],
) -> EngineResult<Option<Condition>> {
    let Some(column) = collect_columns(filter).into_iter().next() else {
        return Ok(None);
    };
    let index = wanted.index_of(column.name())?;
    let Some(values) = source.distinct(projection[index]) else {
        return Ok(None);
    };
    let schema = Arc::new(wanted.project(&[index])?);
    let filter = reassign_expr_columns(Arc::clone(filter), &schema)?;
    let rows = values.len();
    let batch = RecordBatch::try_new(schema, vec![values])?;
    let kept = filter.evaluate(&batch)?.into_array(rows)?;
    let Some(kept) = kept.as_any().downcast_ref::<BooleanArray>() else {
        return Ok(None);
    };
    Ok(Some(Condition::Among {
        column: column.name().to_owned(),
        kept: kept.iter().map(|kept| kept == Some(true)).collect(),
    }))
}
