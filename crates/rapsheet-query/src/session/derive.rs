//! Tables that SQL makes: each is made once, when the first question needs it, and others wait for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::try_join_all;
use tokio::sync::OnceCell;

use super::Core;
use crate::missing::{COUNTED, MISSING, counted, counted_columns, missing_schema, question};
use crate::tables::base_schema;
use crate::{Error, Query, catalog};

/// One cell for each table that was asked for.
#[derive(Debug, Default)]
pub(super) struct Derived {
    cells: Mutex<BTreeMap<String, Arc<OnceCell<()>>>>,
}

impl Derived {
    fn cell(&self, table: &str) -> Arc<OnceCell<()>> {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cells.entry(table.to_owned()).or_default())
    }
}

impl Core {
    /// Makes tables that aren't there, at the same time.
    pub(super) async fn need_all(self: &Arc<Self>, tables: &[String]) -> Result<(), Error> {
        // Where memory is short, what is made at the same time leaves each too little.
        if self.cramped.load(Ordering::Relaxed) {
            for table in tables {
                self.need(table).await?;
            }
            return Ok(());
        }
        // What is there needs no task of its own.
        let missing: Vec<_> = tables
            .iter()
            .filter(|table| !self.filled().contains_key(*table))
            .map(|table| {
                let (core, table) = (Arc::clone(self), table.clone());
                tokio::spawn(async move { core.need(&table).await })
            })
            .collect();
        let made = try_join_all(missing).await;
        let made = made.map_err(|failed| Error::Run {
            reason: failed.to_string(),
        })?;
        made.into_iter().collect()
    }

    /// Makes a table where SQL makes it and it isn't there. Where another question is at it, waits for that.
    pub(super) fn need<'c>(
        self: &'c Arc<Self>,
        table: &'c str,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'c>> {
        Box::pin(async move {
            if self.filled().contains_key(table) {
                return Ok(());
            }
            let cell = self.derived.cell(table);
            // Tables need each other in one direction only, so nobody waits in a circle.
            cell.get_or_try_init(|| self.derive(table)).await?;
            Ok(())
        })
    }

    async fn derive(self: &Arc<Self>, table: &str) -> Result<(), Error> {
        if catalog::table(table).is_some() {
            let query = Query::shipped(&format!("tables/{table}"))?;
            let batches = self.answer(&query).await?;
            let schema = batches[0].schema();
            return self.register(table, schema, vec![batches], &[]);
        }
        if table == MISSING {
            return self.count_missing().await;
        }
        match base_schema(table) {
            // Nothing is known of any address where nobody looked, and nobody where no file says so.
            Some(schema)
                if matches!(
                    table,
                    "details" | "jail_settings" | "known" | "known_matches"
                ) =>
            {
                self.register(table, schema, Vec::new(), &[])
            }
            Some(_) => Err(Error::NotFilled {
                name: table.to_owned(),
            }),
            None => Err(self.unknown_table(table)),
        }
    }

    /// Makes the table that is counted in Rust.
    async fn count_missing(self: &Arc<Self>) -> Result<(), Error> {
        let mut parts = Vec::new();
        for table in COUNTED {
            let columns = counted_columns(table);
            let answer = self.answer(&question(table, &columns)).await?;
            parts.push(counted(table, &columns, &answer)?);
        }
        self.register(MISSING, missing_schema(), vec![parts], &[])
    }
}
