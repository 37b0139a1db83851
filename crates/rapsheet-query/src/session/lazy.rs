//! Tables whose columns are made when a query asks for them, and only those that it asks for.

use std::any::Any;
use std::fmt::{self, Debug};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{Session as CatalogSession, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::memory::{LazyBatchGenerator, LazyMemoryExec};
use parking_lot::RwLock;

use super::{Core, Filled, parquet};
use crate::Error;

/// A part of a table that makes its columns on demand.
pub trait LazyPart: Debug + Send + Sync {
    /// How many rows there are.
    fn rows(&self) -> usize;

    /// How many batches they come in.
    fn batches(&self) -> usize;

    /// Makes one batch with the columns of these indices.
    ///
    /// # Errors
    ///
    /// When an index is out of range.
    fn batch(&self, index: usize, projection: &[usize]) -> Result<RecordBatch, ArrowError>;
}

impl Core {
    /// Fills a table with parts that make their columns on demand, each read by one thread, and with Parquet files.
    pub(super) fn register_lazy(
        &self,
        name: &str,
        schema: SchemaRef,
        parts: Vec<Arc<dyn LazyPart>>,
        files: &[PathBuf],
    ) -> Result<(), Error> {
        let in_memory: usize = parts.iter().map(|part| part.rows()).sum();
        let table = Arc::new(LazyTable {
            schema: Arc::clone(&schema),
            parts,
        });
        let provider: Arc<dyn TableProvider> = if files.is_empty() {
            table
        } else {
            let spilled = self.narrow.read_table(Arc::new(parquet(&schema, files)?))?;
            self.narrow.read_table(table)?.union(spilled)?.into_view()
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
struct LazyTable {
    schema: SchemaRef,
    parts: Vec<Arc<dyn LazyPart>>,
}

#[async_trait]
impl TableProvider for LazyTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn CatalogSession,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        // Batches are made one by one, so whoever has enough rows stops asking.
        _limit: Option<usize>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let projection: Arc<[usize]> = match projection {
            Some(columns) => columns.as_slice().into(),
            None => (0..self.schema.fields().len()).collect(),
        };
        let schema = Arc::new(self.schema.project(&projection)?);
        let generators = self
            .parts
            .iter()
            .map(|part| {
                Arc::new(RwLock::new(PartBatches {
                    part: Arc::clone(part),
                    projection: Arc::clone(&projection),
                    next: 0,
                })) as Arc<RwLock<dyn LazyBatchGenerator>>
            })
            .collect();
        Ok(Arc::new(LazyMemoryExec::try_new(schema, generators)?))
    }
}

/// The batches of one part, one after the other.
#[derive(Clone, Debug)]
struct PartBatches {
    part: Arc<dyn LazyPart>,
    projection: Arc<[usize]>,
    next: usize,
}

impl fmt::Display for PartBatches {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "batches={}", self.part.batches())
    }
}

impl LazyBatchGenerator for PartBatches {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn generate_next_batch(&mut self) -> EngineResult<Option<RecordBatch>> {
        if self.next >= self.part.batches() {
            return Ok(None);
        }
        self.next += 1;
        Ok(Some(self.part.batch(self.next - 1, &self.projection)?))
    }

    fn reset_state(&self) -> Arc<RwLock<dyn LazyBatchGenerator>> {
        Arc::new(RwLock::new(Self {
            next: 0,
            ..self.clone()
        }))
    }
}
