//! Tables whose columns are made when a query asks for them, and only those that it asks for.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{Session as CatalogSession, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::Result as EngineResult;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};

use super::{Filled, Session, parquet};
use crate::Error;

/// A part of a table that makes its columns on demand.
pub trait Source: Debug + Send + Sync {
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

    async fn scan(
        &self,
        _state: &dyn CatalogSession,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let projection: Arc<[usize]> = match projection {
            Some(columns) => columns.as_slice().into(),
            None => (0..self.schema.fields().len()).collect(),
        };
        let schema: SchemaRef = Arc::new(self.schema.project(&projection)?);
        let partitions = self
            .sources
            .iter()
            .map(|source| {
                Arc::new(Made {
                    schema: Arc::clone(&schema),
                    source: Arc::clone(source),
                    projection: Arc::clone(&projection),
                }) as Arc<dyn PartitionStream>
            })
            .collect();
        Ok(Arc::new(StreamingTableExec::try_new(
            schema,
            partitions,
            None,
            [],
            false,
            limit,
        )?))
    }
}

/// One part, with the columns that a query wants.
#[derive(Debug)]
struct Made {
    schema: SchemaRef,
    source: Arc<dyn Source>,
    projection: Arc<[usize]>,
}

impl PartitionStream for Made {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (source, projection) = (Arc::clone(&self.source), Arc::clone(&self.projection));
        let batches = (0..source.batches()).map(move |index| {
            source
                .batch(index, &projection)
                .map_err(datafusion::error::DataFusionError::from)
        });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            futures::stream::iter(batches),
        ))
    }
}
