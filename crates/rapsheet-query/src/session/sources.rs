//! Tables whose columns are made when a query asks for them, and only those that it asks for.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{Session as CatalogSession, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use rapsheet_schema::Condition;

use super::made::{Made, Question};
use super::{Filled, Session, parquet};
use crate::Error;

/// A part of a table that makes its columns on demand.
pub trait Source: Debug + Send + Sync {
    /// How many rows there are.
    fn rows(&self) -> usize;

    /// How many rows [`Source::merged`] will make, about: joins are planned by it.
    fn estimate(&self, _projection: &[usize], _conditions: &[Condition]) -> usize {
        self.rows()
    }

    /// The distinct values of a column whose rows name their value by number; see [`Condition::Among`].
    fn distinct(&self, _column: usize) -> Option<ArrayRef> {
        None
    }

    /// How many batches they come in.
    fn batches(&self) -> usize;

    /// Makes one batch with the columns of these indices.
    ///
    /// # Errors
    ///
    /// When an index is out of range.
    fn batch(&self, index: usize, projection: &[usize]) -> Result<RecordBatch, ArrowError>;

    /// Makes all batches for a question that adds up what it reads: rows that differ only in counts and times, as far as
    /// these columns tell, may come as one, and rows that don't fulfil the conditions may be left out.
    ///
    /// # Errors
    ///
    /// When an index is out of range.
    fn merged(
        &self,
        projection: &[usize],
        _conditions: &[Condition],
    ) -> Result<Vec<RecordBatch>, ArrowError> {
        (0..self.batches())
            .map(|index| self.batch(index, projection))
            .collect()
    }
}

/// Marks the sessions of the shipped questions. All of them add up the rows that they read, so rows may be put together
/// before they are made; what a person asks sees every row.
#[derive(Debug)]
pub(super) struct AddsUp;

impl Session {
    /// Fills a table with parts that make their columns on demand, each read by one thread, and with Parquet files.
    ///
    /// # Errors
    ///
    /// Fails where a file's path isn't one that can be read.
    pub fn register_sources(
        &self,
        name: &str,
        schema: SchemaRef,
        sources: Vec<Arc<dyn Source>>,
        files: &[PathBuf],
    ) -> Result<(), Error> {
        let in_memory: usize = sources.iter().map(|source| source.rows()).sum();
        let made = Arc::new(MadeTable {
            schema: Arc::clone(&schema),
            sources,
        });
        let provider: Arc<dyn TableProvider> = if files.is_empty() {
            made
        } else {
            let spilled = self.narrow.read_table(Arc::new(parquet(&schema, files)?))?;
            self.narrow.read_table(made)?.union(spilled)?.into_view()
        };
        self.narrow.deregister_table(name)?;
        self.narrow.register_table(name, provider)?;
        let rows = if files.is_empty() {
            in_memory
        } else {
            usize::MAX
        };
        self.filled()
            .insert(name.to_owned(), Filled { schema, rows });
        Ok(())
    }
}

/// The table that the parts make up.
#[derive(Debug)]
struct MadeTable {
    schema: SchemaRef,
    sources: Vec<Arc<dyn Source>>,
}

#[async_trait]
impl TableProvider for MadeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> EngineResult<Vec<TableProviderFilterPushDown>> {
        // The engine looks again, so a source may leave in what it likes.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn CatalogSession,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        // Batches are made one by one, so whoever has enough rows stops asking.
        _limit: Option<usize>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let projection: Arc<[usize]> = match projection {
            Some(columns) => columns.as_slice().into(),
            None => (0..self.schema.fields().len()).collect(),
        };
        Ok(Arc::new(Made::new(
            self.sources.clone(),
            Question {
                schema: Arc::new(self.schema.project(&projection)?),
                projection,
                conditions: filters.iter().filter_map(condition).collect(),
                adds_up: state.config().get_extension::<AddsUp>().is_some(),
            },
        )))
    }
}

/// Reads a filter that a source can make use of.
fn condition(filter: &Expr) -> Option<Condition> {
    match filter {
        Expr::Column(column) => Some(Condition::True {
            column: column.name.clone(),
        }),
        Expr::IsNotNull(inner) => Some(Condition::Present {
            column: column(inner)?,
        }),
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::NotEq,
            right,
        }) => Some(Condition::Not {
            column: column(left)?,
            word: word(right)?,
        }),
        _ => {
            let (column, words) = one_of(filter)?;
            Some(Condition::OneOf { column, words })
        }
    }
}

/// Reads `column = 'a'`, `column IN ('a', 'b')`, and several of them about one column with `OR` between.
fn one_of(filter: &Expr) -> Option<(String, Vec<String>)> {
    match filter {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Eq,
            right,
        }) => Some((column(left)?, vec![word(right)?])),
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Or,
            right,
        }) => {
            let (column, mut words) = one_of(left)?;
            let (other, more) = one_of(right)?;
            words.extend(more);
            (column == other).then_some((column, words))
        }
        Expr::InList(list) if !list.negated => {
            let words = list.list.iter().map(word).collect::<Option<_>>()?;
            Some((column(&list.expr)?, words))
        }
        _ => None,
    }
}

fn column(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Column(column) => Some(column.name.clone()),
        _ => None,
    }
}

fn word(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Literal(value, _) => value.try_as_str()?.map(str::to_owned),
        _ => None,
    }
}
