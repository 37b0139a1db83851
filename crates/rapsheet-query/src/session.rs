//! The embedded session: DataFusion with rapsheet's tables and functions, behind plain blocking calls.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;
use tokio::runtime::Runtime;

mod derive;
mod describe;
mod lazy;
mod rules;

use derive::Derived;
use describe::Described;
pub use lazy::LazyPart;

use crate::error::nearest;
use crate::missing::{COUNTED, MISSING};
use crate::tables::base_schema;
use crate::{Engine, Error, Query, Value, base_tables, catalog, derived_tables, functions};

/// Below this many rows one thread is faster than several that first hand the rows to each other.
const FEW_ROWS: usize = 20_000;

/// How a session may use the machine.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// How many threads a query may use.
    pub threads: usize,
    /// How many bytes sorts and groups may hold before they go to disk; no limit where absent.
    pub memory_limit: Option<usize>,
    /// Where they go to disk; the system's folder for such files where absent.
    pub temp_dir: Option<PathBuf>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory_limit: None,
            temp_dir: None,
        }
    }
}

/// What is known of a table that has been filled.
struct Filled {
    schema: SchemaRef,
    rows: usize,
}

/// A session: tables in, answers out.
pub struct Session {
    core: Arc<Core>,
    runtime: Arc<Runtime>,
}

/// What the tasks of a session share.
struct Core {
    /// For few rows: one partition, no exchange between threads, and a plan that is made fast. Tables are registered here.
    narrow: SessionContext,
    /// For many rows; it shares tables and functions with the first, as the next one does.
    wide: SessionContext,
    /// For many rows where memory is short: by one thread, which needs the least.
    alone: SessionContext,
    filled: Mutex<BTreeMap<String, Filled>>,
    /// A text is asked for its tables, for theirs, and planned: it is parsed once.
    parsed: Mutex<BTreeMap<String, Statement>>,
    derived: Derived,
    /// Whether a question had too little memory: from then on each is answered by one thread, which needs the least.
    cramped: AtomicBool,
}

impl Session {
    /// Starts a session without tables.
    ///
    /// # Errors
    ///
    /// Fails where threads can't be started or the folder for temporary files can't be used.
    pub fn new(options: &SessionOptions) -> Result<Self, Error> {
        let threads = options.threads.max(1);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("query")
            .build()
            .map_err(|cause| Error::Start {
                reason: cause.to_string(),
            })?;
        let environment = environment(options).map_err(|cause| Error::Start {
            reason: cause.strip_backtrace(),
        })?;
        let state = SessionStateBuilder::new()
            .with_config(config(1)?)
            .with_runtime_env(Arc::new(environment))
            .with_default_features()
            .with_optimizer_rules(rules::few_logical())
            .with_physical_optimizer_rules(rules::few_physical())
            .build();
        let narrow = SessionContext::new_with_state(state);
        for function in functions::all() {
            narrow.register_udf(function);
        }
        let many = |threads: usize| -> Result<SessionContext, Error> {
            let state = SessionStateBuilder::new_from_existing(narrow.state())
                .with_config(config(threads)?)
                .with_optimizer_rules(rules::logical())
                .with_physical_optimizer_rules(rules::physical());
            Ok(SessionContext::new_with_state(state.build()))
        };
        let (wide, alone) = (many(threads)?, many(1)?);
        Ok(Self {
            core: Arc::new(Core {
                narrow,
                wide,
                alone,
                filled: Mutex::default(),
                parsed: Mutex::default(),
                derived: Derived::default(),
                cramped: AtomicBool::new(false),
            }),
            runtime: Arc::new(runtime),
        })
    }

    /// Fills a table with batches; each part is read by one thread. Replaces what the table held.
    ///
    /// # Errors
    ///
    /// Fails where a batch doesn't have the schema.
    pub fn register(
        &self,
        name: &str,
        schema: SchemaRef,
        parts: Vec<Vec<RecordBatch>>,
    ) -> Result<(), Error> {
        self.core.register(name, schema, parts, &[])
    }

    /// Fills a table with Parquet files, which are read when a query needs them.
    ///
    /// # Errors
    ///
    /// Fails where a file's path isn't one that can be read.
    pub fn register_parquet(
        &self,
        name: &str,
        schema: SchemaRef,
        files: &[PathBuf],
    ) -> Result<(), Error> {
        self.core.register(name, schema, Vec::new(), files)
    }

    /// Fills a table with batches and Parquet files together.
    ///
    /// # Errors
    ///
    /// Fails where a batch doesn't have the schema, or a file's path isn't one that can be read.
    pub fn register_parts(
        &self,
        name: &str,
        schema: SchemaRef,
        parts: Vec<Vec<RecordBatch>>,
        files: &[PathBuf],
    ) -> Result<(), Error> {
        self.core.register(name, schema, parts, files)
    }

    /// Fills a table with parts that make their columns on demand, each read by one thread, and with Parquet files.
    ///
    /// # Errors
    ///
    /// Fails where a file's path isn't one that can be read.
    pub fn register_lazy(
        &self,
        name: &str,
        schema: SchemaRef,
        parts: Vec<Arc<dyn LazyPart>>,
        files: &[PathBuf],
    ) -> Result<(), Error> {
        self.core.register_lazy(name, schema, parts, files)
    }

    /// Runs SQL and returns its rows as they come.
    ///
    /// # Errors
    ///
    /// Fails where the SQL is wrong or names a table that isn't there.
    pub fn stream(&self, sql: &str) -> Result<Batches, Error> {
        let query = Query::sql(sql);
        let stream = self.runtime.block_on(async {
            let frame = self.core.plan(&query).await?;
            Ok::<_, Error>(frame.execute_stream().await?)
        });
        let stream = stream.map_err(|error| error.within(sql))?;
        Ok(Batches {
            stream,
            runtime: Arc::clone(&self.runtime),
        })
    }

    /// Runs several queries at the same time, and first the tables that they need; the answers come in the queries' order.
    ///
    /// # Errors
    ///
    /// Fails as the first query that fails.
    pub fn run_all(&self, queries: &[Query]) -> Result<Vec<Vec<RecordBatch>>, Error> {
        self.runtime.block_on(async {
            let tasks: Vec<_> = queries
                .iter()
                .map(|query| {
                    let (core, query) = (Arc::clone(&self.core), query.clone());
                    tokio::spawn(async move { core.answer(&query).await })
                })
                .collect();
            let mut answers = Vec::with_capacity(tasks.len());
            for (task, query) in tasks.into_iter().zip(queries) {
                let answer = task.await.unwrap_or_else(|failed| {
                    Err(Error::Run {
                        reason: failed.to_string(),
                    })
                });
                answers.push(self.core.or_alone(answer, query).await?);
            }
            Ok(answers)
        })
    }

    /// Names the tables that SQL reads, in alphabetical order, whether they exist or not.
    ///
    /// # Errors
    ///
    /// Fails where the text isn't one SQL statement.
    pub fn tables_in(&self, sql: &str) -> Result<Vec<String>, Error> {
        self.core.tables_in(sql)
    }

    /// Names the tables that Rust has to fill before SQL can be answered, in alphabetical order.
    ///
    /// # Errors
    ///
    /// Fails where the text isn't one SQL statement, or names a table that doesn't exist.
    pub fn sources_of(&self, sql: &str) -> Result<Vec<String>, Error> {
        let mut sources = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = match Described::of(&self.core.parse(sql)?) {
            Some(_) => Vec::new(),
            None => self.tables_in(sql)?,
        };
        while let Some(table) = open.pop() {
            if !seen.insert(table.clone()) {
                continue;
            }
            if base_schema(&table).is_some() {
                sources.insert(table);
            } else if let Some(sql) = catalog::table(&table) {
                open.extend(self.tables_in(sql)?);
            } else if table == MISSING {
                open.extend(COUNTED.map(str::to_owned));
            } else if !self.core.filled().contains_key(&table) {
                return Err(self.core.unknown_table(&table));
            }
        }
        Ok(sources.into_iter().collect())
    }

    /// Names every table that a query may ask for, in alphabetical order.
    #[must_use]
    pub fn table_names(&self) -> Vec<String> {
        self.core.table_names()
    }

    /// Names the columns of a table, in their order, and makes the table first where SQL makes it.
    ///
    /// # Errors
    ///
    /// Fails where there is no such table, or it needs one that has not been filled.
    pub fn columns_of(&self, table: &str) -> Result<Vec<String>, Error> {
        let schema = match base_schema(table) {
            Some(schema) => schema,
            None => {
                self.runtime.block_on(self.core.need(table))?;
                match self.core.filled().get(table) {
                    Some(filled) => filled.schema.clone(),
                    None => return Err(self.core.unknown_table(table)),
                }
            }
        };
        Ok(schema
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect())
    }
}

impl Core {
    /// Fills a table with batches and Parquet files together.
    fn register(
        &self,
        name: &str,
        schema: SchemaRef,
        parts: Vec<Vec<RecordBatch>>,
        files: &[PathBuf],
    ) -> Result<(), Error> {
        let in_memory: usize = parts.iter().flatten().map(RecordBatch::num_rows).sum();
        let rows = if files.is_empty() {
            in_memory
        } else {
            usize::MAX
        };
        let parts = if parts.is_empty() {
            vec![vec![]]
        } else {
            parts
        };
        let memory = MemTable::try_new(schema.clone(), parts)?;
        let provider: Arc<dyn TableProvider> = if files.is_empty() {
            Arc::new(memory)
        } else {
            let spilled = self.narrow.read_table(Arc::new(parquet(&schema, files)?))?;
            if in_memory == 0 {
                spilled.into_view()
            } else {
                self.narrow
                    .read_table(Arc::new(memory))?
                    .union(spilled)?
                    .into_view()
            }
        };
        self.narrow.deregister_table(name)?;
        self.narrow.register_table(name, provider)?;
        self.filled()
            .insert(name.to_owned(), Filled { schema, rows });
        Ok(())
    }

    /// Answers a query once more where it had too little room: beside others it may have none, alone and by one thread some.
    async fn or_alone(
        self: &Arc<Self>,
        answer: Result<Vec<RecordBatch>, Error>,
        query: &Query,
    ) -> Result<Vec<RecordBatch>, Error> {
        match answer {
            Err(Error::Memory) => {
                self.cramped.store(true, Ordering::Relaxed);
                self.answer(query).await
            }
            answer => answer,
        }
    }

    /// Runs a query to its end.
    async fn answer(self: &Arc<Self>, query: &Query) -> Result<Vec<RecordBatch>, Error> {
        let frame = self.plan(query).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        let mut batches = frame.collect().await?;
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(schema));
        }
        Ok(batches)
    }

    /// Plans a query, after the tables that it needs have been made.
    async fn plan(self: &Arc<Self>, query: &Query) -> Result<DataFrame, Error> {
        let statement = self.parse(query.text())?;
        if !is_question(&statement) {
            return Err(Error::ReadOnly {
                reason: format!("`{}` is refused", first_word(query.text())),
            });
        }
        let tables = self.named_in(&statement)?;
        self.need_all(&tables).await?;
        let rows = tables.iter().fold(0_usize, |rows, table| {
            rows.saturating_add(self.filled().get(table).map_or(0, |filled| filled.rows))
        });
        let context = if rows < FEW_ROWS {
            &self.narrow
        } else if self.cramped.load(Ordering::Relaxed) {
            &self.alone
        } else {
            &self.wide
        };
        let options = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        let plan = context.state().statement_to_plan(statement).await?;
        options.verify_plan(&plan)?;
        let frame = context.execute_logical_plan(plan).await?;
        if query.parameters().is_empty() {
            return Ok(frame);
        }
        let values: Vec<(String, ScalarValue)> = query
            .parameters()
            .iter()
            .map(|(name, value)| (name.clone(), scalar(value)))
            .collect();
        Ok(frame.with_param_values(ParamValues::from(values))?)
    }

    fn tables_in(&self, sql: &str) -> Result<Vec<String>, Error> {
        let statement = self.parse(sql)?;
        self.named_in(&statement)
    }

    fn table_names(&self) -> Vec<String> {
        let mut names: BTreeSet<String> = self.filled().keys().cloned().collect();
        names.extend(base_tables().iter().map(|&name| name.to_owned()));
        names.extend(derived_tables().map(str::to_owned));
        names.insert(MISSING.to_owned());
        names.into_iter().collect()
    }

    fn parse(&self, sql: &str) -> Result<Statement, Error> {
        let parsed = || self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(statement) = parsed().get(sql) {
            return Ok(statement.clone());
        }
        let state = self.narrow.state();
        let dialect = state.config().options().sql_parser.dialect;
        let statement = state.sql_to_statement(sql, &dialect)?;
        parsed().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn named_in(&self, statement: &Statement) -> Result<Vec<String>, Error> {
        let state = self.narrow.state();
        let names: BTreeSet<String> = state
            .resolve_table_references(statement)?
            .iter()
            .map(|table| table.table().to_owned())
            .collect();
        Ok(names.into_iter().collect())
    }

    fn unknown_table(&self, name: &str) -> Error {
        let known = self.table_names();
        Error::UnknownTable {
            name: name.to_owned(),
            nearest: nearest(name, &known),
            known,
        }
    }

    fn filled(&self) -> MutexGuard<'_, BTreeMap<String, Filled>> {
        // The map is whole at any time, so a panic elsewhere doesn't spoil it.
        self.filled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for Session {
    fn run(&self, query: &Query) -> Result<Vec<RecordBatch>, Error> {
        let answer = self.runtime.block_on(async {
            let answer = self.core.answer(query).await;
            self.core.or_alone(answer, query).await
        });
        answer.map_err(|error| error.within(query.text()))
    }
}

/// The rows of an answer, batch after batch.
pub struct Batches {
    stream: SendableRecordBatchStream,
    /// It lives as long as its tasks.
    runtime: Arc<Runtime>,
}

impl Batches {
    /// Returns the columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.stream.schema()
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream: &mut SendableRecordBatchStream = &mut self.stream;
        let next = std::future::poll_fn(|context| Pin::as_mut(stream).poll_next(context));
        self.runtime
            .block_on(next)
            .map(|batch| batch.map_err(Error::from))
    }
}

/// Whether a statement only asks; the planner is told the same again, and looks into the plan.
fn is_question(statement: &Statement) -> bool {
    match statement {
        Statement::Statement(statement) => matches!(
            **statement,
            SqlStatement::Query(_)
                | SqlStatement::Explain { .. }
                | SqlStatement::ExplainTable { .. }
        ),
        Statement::Explain(explained) => is_question(&explained.statement),
        _ => false,
    }
}

fn first_word(sql: &str) -> String {
    let word = sql.split_whitespace().next().unwrap_or_default();
    word.to_uppercase()
}

/// The settings that `queries/` is written for, and those that suit small data.
fn config(threads: usize) -> Result<SessionConfig, Error> {
    let mut config = SessionConfig::new().with_target_partitions(threads);
    let options = config.options_mut();
    options.set("datafusion.sql_parser.default_null_ordering", "nulls_min")?;
    options.set("datafusion.execution.time_zone", "UTC")?;
    // A summary plans thirty questions: later passes take as long as the first and find next to nothing.
    options.set("datafusion.optimizer.max_passes", "1")?;
    // Roll-ups hold rows that are nearly all apart: to group them in each thread first only costs memory.
    options.set(
        "datafusion.execution.skip_partial_aggregation_probe_rows_threshold",
        "8192",
    )?;
    options.set(
        "datafusion.execution.skip_partial_aggregation_probe_ratio_threshold",
        "0.5",
    )?;
    Ok(config)
}

fn environment(options: &SessionOptions) -> datafusion::error::Result<RuntimeEnv> {
    let mut builder = RuntimeEnvBuilder::new();
    if let Some(bytes) = options.memory_limit {
        builder = builder.with_memory_limit(bytes, 1.0);
    }
    if let Some(folder) = &options.temp_dir {
        builder = builder.with_temp_file_path(folder);
    }
    builder.build()
}

fn parquet(schema: &SchemaRef, files: &[PathBuf]) -> Result<ListingTable, Error> {
    let urls = files
        .iter()
        .map(|file| ListingTableUrl::parse(file.to_string_lossy()))
        .collect::<Result<Vec<_>, _>>()?;
    // Text is written as it is held, so the files need no other reading than the schema.
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension("");
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .with_schema(schema.clone());
    Ok(ListingTable::try_new(config)?)
}

fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Whole(number) => ScalarValue::Int64(Some(*number)),
        Value::Text(text) => ScalarValue::Utf8View(Some(text.clone())),
    }
}
