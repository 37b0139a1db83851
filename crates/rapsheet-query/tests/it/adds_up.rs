//! Shipped queries read `activity` only in ways that cannot tell rows that were put together from single ones.
//!
//! Before a shipped query sees it, rows of `activity` that are alike in the columns that the query names become one: `events` and
//! `attempts` are added up, `first_seen` is the first and `last_seen` the last ([`rapsheet_query::Source::merged`]). So a query may
//! sum, take the first of the first and the last of the last, count what is distinct, and group and filter by the rest. It may not
//! count rows, look at the numbers or times of one row, or put rows in order. Successful logins and bans keep a row each: where a
//! query takes only those, it may do what it likes.
//!
//! The plan tells, not the text: what a row is changes with every subquery.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchemaRef, JoinType, ScalarValue};
use datafusion::datasource::MemTable;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Distinct, Expr, Join, LogicalPlan, Operator};
use datafusion::prelude::SessionContext;
use rapsheet_query::{Query, queries};
use rapsheet_schema::{activity, coverage, details, events, schema_of, unknown_lines};

/// Actions of which each event keeps a row of its own.
const EXACT_ACTIONS: &[&str] = &["ban", "unban", "restore_ban", "reban", "increase_ban"];

/// What a column of a row says when the row stands for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The same as each of them.
    Same,
    /// The number 0, or nothing: it adds up and is the same.
    Nothing,
    /// Their sum.
    Sum,
    /// The first of their times.
    First,
    /// The last of their times.
    Last,
    /// Something that single rows would say otherwise.
    Lost,
}

/// The rows of a plan.
enum Rows {
    /// They are what they are.
    Whole,
    /// One may stand for several; what each column says.
    Merged(Vec<Kind>),
}

/// Looks through a plan for what merging would change.
#[derive(Default)]
struct Lint {
    faults: BTreeSet<String>,
}

impl Lint {
    fn fault(&mut self, what: impl Into<String>) {
        self.faults.insert(what.into());
    }

    /// The whole query.
    fn query(&mut self, plan: &LogicalPlan) {
        if let Rows::Merged(_) = self.rows(plan) {
            self.fault("gives rows of `activity` as they are");
        }
    }

    fn rows(&mut self, plan: &LogicalPlan) -> Rows {
        self.subqueries(plan);
        match plan {
            LogicalPlan::TableScan(scan) if scan.table_name.table() == "activity" => {
                Rows::Merged(columns_of_activity(&scan.projected_schema))
            }
            LogicalPlan::Union(union) => {
                let inputs = union.inputs.iter().map(|input| self.rows(input)).collect();
                union_of(inputs)
            }
            LogicalPlan::Join(join) => self.join(join),
            _ => match plan.inputs().as_slice() {
                [] => Rows::Whole,
                [input] => match self.rows(input) {
                    Rows::Whole => Rows::Whole,
                    Rows::Merged(kinds) => self.above(plan, input.schema(), kinds),
                },
                _ => {
                    self.fault(format!(
                        "does what nobody has thought about: {}",
                        plan.display()
                    ));
                    Rows::Whole
                }
            },
        }
    }

    /// What one input becomes whose rows may stand for several.
    fn above(&mut self, plan: &LogicalPlan, schema: &DFSchemaRef, kinds: Vec<Kind>) -> Rows {
        let kind = |expression: &Expr| kind_of(expression, schema, &kinds);
        match plan {
            LogicalPlan::SubqueryAlias(_) | LogicalPlan::Subquery(_) => Rows::Merged(kinds),
            LogicalPlan::Projection(projection) => {
                Rows::Merged(projection.expr.iter().map(kind).collect())
            }
            LogicalPlan::Filter(filter) => {
                if !is_key(kind(&filter.predicate)) {
                    self.fault(format!(
                        "filters by a row's own numbers: {}",
                        filter.predicate
                    ));
                }
                if is_exact(&filter.predicate) {
                    Rows::Whole
                } else {
                    Rows::Merged(kinds)
                }
            }
            LogicalPlan::Aggregate(aggregate) => {
                for expression in &aggregate.group_expr {
                    if !is_key(kind(expression)) {
                        self.fault(format!("groups by a row's own numbers: {expression}"));
                    }
                }
                for expression in &aggregate.aggr_expr {
                    self.aggregate(expression, schema, &kinds);
                }
                Rows::Whole
            }
            LogicalPlan::Distinct(Distinct::All(_)) => {
                if !kinds.iter().all(|kind| is_key(*kind)) {
                    self.fault("DISTINCT over a row's own numbers");
                }
                Rows::Whole
            }
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => Rows::Merged(kinds),
            other => {
                self.fault(format!("needs single rows: {}", other.display()));
                Rows::Whole
            }
        }
    }

    fn aggregate(&mut self, expression: &Expr, schema: &DFSchemaRef, kinds: &[Kind]) {
        let kind = |expression: &Expr| kind_of(expression, schema, kinds);
        let Expr::AggregateFunction(AggregateFunction { func, params }) = inner(expression) else {
            return self.fault(format!("not understood: {expression}"));
        };
        if params.filter.as_ref().is_some_and(|by| !is_key(kind(by))) {
            self.fault(format!("filters by a row's own numbers: {expression}"));
        }
        let of: Vec<Kind> = params.args.iter().map(kind).collect();
        let same = of.iter().all(|kind| is_key(*kind));
        let fits = match func.name() {
            _ if !params.order_by.is_empty() => false,
            "sum" => !params.distinct && matches!(of[..], [Kind::Sum | Kind::Nothing]),
            "min" => same || matches!(of[..], [Kind::First]),
            "max" => same || matches!(of[..], [Kind::Last]),
            "bool_or" | "bool_and" => same,
            _ => params.distinct && same,
        };
        if !fits {
            self.fault(format!("tells merged rows from single ones: {expression}"));
        }
    }

    fn join(&mut self, join: &Join) -> Rows {
        let sides = [(&join.left, 0), (&join.right, 1)].map(|(input, side)| {
            let rows = self.rows(input);
            let keys = join
                .on
                .iter()
                .map(|on| if side == 0 { &on.0 } else { &on.1 });
            if let Rows::Merged(kinds) = &rows {
                for key in keys {
                    if !is_key(kind_of(key, input.schema(), kinds)) {
                        self.fault(format!("joins by a row's own numbers: {key}"));
                    }
                }
            }
            (rows, input.schema().fields().len())
        });
        if let [(Rows::Whole, _), (Rows::Whole, _)] = sides {
            return Rows::Whole;
        }
        if let [(Rows::Merged(_), _), (Rows::Merged(_), _)] = sides {
            self.fault("joins rows of `activity` with rows of `activity`");
        }
        let [left, right] = sides.map(|(rows, columns)| match rows {
            Rows::Whole => vec![Kind::Same; columns],
            Rows::Merged(kinds) => kinds,
        });
        let both: Vec<Kind> = left.iter().chain(&right).copied().collect();
        if let Some(filter) = &join.filter {
            let schema = join.left.schema().join(join.right.schema()).unwrap();
            if !is_key(kind_of(filter, &Arc::new(schema), &both)) {
                self.fault(format!("joins by a row's own numbers: {filter}"));
            }
        }
        Rows::Merged(match join.join_type {
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => both,
            JoinType::LeftSemi | JoinType::LeftAnti => left,
            JoinType::RightSemi | JoinType::RightAnti => right,
            JoinType::LeftMark => left.into_iter().chain([Kind::Same]).collect(),
            JoinType::RightMark => right.into_iter().chain([Kind::Same]).collect(),
        })
    }

    /// Questions within an expression: what they look for must be the same in each row.
    fn subqueries(&mut self, plan: &LogicalPlan) {
        let mut found = Vec::new();
        plan.apply_expressions(|expression| {
            expression.apply(|part| {
                match part {
                    Expr::InSubquery(inside) => found.push(Arc::clone(&inside.subquery.subquery)),
                    Expr::Exists(inside) => found.push(Arc::clone(&inside.subquery.subquery)),
                    Expr::ScalarSubquery(inside) => found.push(Arc::clone(&inside.subquery)),
                    _ => {}
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
        .unwrap();
        for plan in found {
            if let Rows::Merged(kinds) = self.rows(&plan)
                && !kinds.iter().all(|kind| is_key(*kind))
            {
                self.fault("looks for a row's own numbers");
            }
        }
    }
}

fn columns_of_activity(schema: &DFSchemaRef) -> Vec<Kind> {
    let kind = |name: &str| match name {
        "events" | "attempts" => Kind::Sum,
        "first_seen" => Kind::First,
        "last_seen" => Kind::Last,
        _ => Kind::Same,
    };
    let fields = schema.fields().iter();
    fields.map(|field| kind(field.name())).collect()
}

fn union_of(inputs: Vec<Rows>) -> Rows {
    let merged: Vec<&Vec<Kind>> = inputs
        .iter()
        .filter_map(|rows| match rows {
            Rows::Whole => None,
            Rows::Merged(kinds) => Some(kinds),
        })
        .collect();
    let Some(first) = merged.first() else {
        return Rows::Whole;
    };
    // Whole rows may hold any number in the column in which others hold none.
    let some_whole = merged.len() < inputs.len();
    let kinds = (0..first.len()).map(|column| {
        let of = merged.iter().map(|kinds| kinds[column]);
        let kind = of.reduce(|one, other| match (one, other) {
            (one, other) if one == other => one,
            (Kind::Nothing, other @ (Kind::Same | Kind::Sum))
            | (other @ (Kind::Same | Kind::Sum), Kind::Nothing) => other,
            _ => Kind::Lost,
        });
        match kind {
            Some(Kind::Nothing) if some_whole => Kind::Sum,
            kind => kind.unwrap_or(Kind::Lost),
        }
    });
    Rows::Merged(kinds.collect())
}

const fn is_key(kind: Kind) -> bool {
    matches!(kind, Kind::Same | Kind::Nothing)
}

/// What is behind names and casts.
fn inner(expression: &Expr) -> &Expr {
    match expression {
        Expr::Alias(alias) => inner(&alias.expr),
        Expr::Cast(cast) => inner(&cast.expr),
        other => other,
    }
}

fn kind_of(expression: &Expr, schema: &DFSchemaRef, kinds: &[Kind]) -> Kind {
    let of = |expression: &Expr| kind_of(expression, schema, kinds);
    match inner(expression) {
        Expr::Column(column) => kinds[schema.index_of_column(column).unwrap()],
        Expr::Literal(value, _) if value.is_null() || *value == ScalarValue::Int64(Some(0)) => {
            Kind::Nothing
        }
        Expr::Case(case) => {
            let asked = case
                .expr
                .iter()
                .chain(case.when_then_expr.iter().map(|(when, _)| when));
            let given = case
                .when_then_expr
                .iter()
                .map(|(_, then)| then)
                .chain(&case.else_expr);
            if !asked.map(|part| of(part)).all(is_key) {
                return Kind::Lost;
            }
            let given: Vec<Kind> = given.map(|part| of(part)).collect();
            if given.iter().all(|kind| is_key(*kind)) {
                Kind::Same
            } else if given
                .iter()
                .all(|kind| matches!(kind, Kind::Sum | Kind::Nothing))
            {
                Kind::Sum
            } else {
                Kind::Lost
            }
        }
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Plus | Operator::Minus,
            right,
        }) if [of(left), of(right)] == [Kind::Sum; 2] => Kind::Sum,
        // A place in the order of rows, or a column of a question around this one, is nothing that holds for each row.
        Expr::WindowFunction(_) | Expr::OuterReferenceColumn(..) => Kind::Lost,
        other => {
            let columns = other.column_refs();
            let mut kinds = columns
                .iter()
                .map(|column| kinds[schema.index_of_column(column).unwrap()]);
            if kinds.all(is_key) {
                Kind::Same
            } else {
                Kind::Lost
            }
        }
    }
}

/// Whether a condition leaves only events that keep a row each.
fn is_exact(predicate: &Expr) -> bool {
    let (mut login, mut success, mut exact) = (false, false, false);
    for part in split_conjunction(predicate) {
        match part {
            Expr::BinaryExpr(BinaryExpr {
                left,
                op: Operator::Eq,
                right,
            }) => match (name_of(left), word_of(right)) {
                (Some("event_action"), Some("login")) => login = true,
                (Some("event_outcome"), Some("success")) => success = true,
                (Some("event_action"), Some(word)) => exact |= EXACT_ACTIONS.contains(&word),
                _ => {}
            },
            Expr::InList(list) if !list.negated && name_of(&list.expr) == Some("event_action") => {
                let mut words = list.list.iter().map(word_of);
                exact |= words.all(|word| word.is_some_and(|word| EXACT_ACTIONS.contains(&word)));
            }
            _ => {}
        }
    }
    exact || login && success
}

fn name_of(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Column(column) => Some(&column.name),
        _ => None,
    }
}

fn word_of(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        _ => None,
    }
}

/// Plans queries over tables without rows.
struct Planner {
    context: SessionContext,
    runtime: tokio::runtime::Runtime,
}

impl Planner {
    /// A planner that knows every table, those that shipped queries make too.
    fn new() -> Self {
        let planner = Self {
            context: SessionContext::new(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
        };
        for (name, columns) in [
            ("activity", activity()),
            ("coverage", coverage()),
            ("details", details()),
            ("events", events()),
            ("unknown_lines", unknown_lines()),
        ] {
            planner.register(name, schema_of(&columns));
        }
        let address = Field::new("source_ip", DataType::Utf8, false);
        planner.register("selected", Arc::new(Schema::new(vec![address])));
        let network = Field::new("source_network", DataType::Utf8, false);
        planner.register("selected_network", Arc::new(Schema::new(vec![network])));
        let mut open: Vec<&str> = queries()
            .filter_map(|name| name.strip_prefix("tables/"))
            .collect();
        // Each round makes the tables whose tables are there.
        while !open.is_empty() {
            let before = open.len();
            open.retain(|name| {
                let query = Query::shipped(&format!("tables/{name}")).unwrap();
                let plan = planner.plan(query.text());
                if let Ok(plan) = &plan {
                    planner.register(name, Arc::new(plan.schema().as_arrow().clone()));
                }
                plan.is_err()
            });
            assert!(open.len() < before, "{open:?} cannot be planned");
        }
        planner
    }

    fn register(&self, name: &str, schema: SchemaRef) {
        let table = MemTable::try_new(schema, vec![vec![]]).unwrap();
        self.context.register_table(name, Arc::new(table)).unwrap();
    }

    fn plan(&self, sql: &str) -> datafusion::error::Result<LogicalPlan> {
        let state = self.context.state();
        self.runtime.block_on(state.create_logical_plan(sql))
    }

    fn faults(&self, sql: &str) -> BTreeSet<String> {
        let plan = self
            .plan(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        let mut lint = Lint::default();
        lint.query(&plan);
        lint.faults
    }
}

#[test]
fn the_lint_sees_what_merging_changes() {
    let planner = Planner::new();
    for bad in [
        "SELECT source_ip, events FROM activity",
        "SELECT count(*) AS n FROM activity",
        "SELECT count(1) AS n FROM activity",
        "SELECT count(source_ip) AS n FROM activity",
        "SELECT sum(1) AS n FROM activity",
        "SELECT sum(CASE WHEN suspicious THEN 1 ELSE 0 END) AS n FROM activity",
        "SELECT count(*) FILTER (WHERE suspicious) AS n FROM activity",
        "SELECT user_name, count(*) AS n FROM (SELECT user_name FROM activity) AS a GROUP BY user_name",
        "SELECT avg(attempts) AS n FROM activity",
        "SELECT max(attempts) AS n FROM activity",
        "SELECT max(first_seen) AS at FROM activity",
        "SELECT min(last_seen) AS at FROM activity",
        "SELECT sum(events * events) AS n FROM activity",
        "SELECT sum(DISTINCT events) AS n FROM activity",
        "SELECT count(DISTINCT attempts) AS n FROM activity",
        "SELECT array_agg(user_name) AS names FROM activity",
        "SELECT first_value(user_name ORDER BY first_seen) AS name FROM activity",
        "SELECT last_value(user_name) AS name FROM activity",
        "SELECT sum(events) AS n FROM activity WHERE attempts > 3",
        "SELECT sum(events) AS n FROM activity WHERE event_action = 'login' AND first_seen > '2026-01-01'",
        "SELECT sum(events) FILTER (WHERE attempts > 3) AS n FROM activity",
        "SELECT sum(CASE WHEN attempts > 3 THEN events ELSE 0 END) AS n FROM activity",
        "SELECT attempts, sum(events) AS n FROM activity GROUP BY attempts",
        "SELECT DISTINCT attempts FROM activity",
        "SELECT sum(events) AS n FROM (SELECT events FROM activity ORDER BY first_seen LIMIT 5) AS a",
        "SELECT sum(n) AS n FROM (SELECT row_number() OVER (PARTITION BY source_ip ORDER BY first_seen) AS n FROM activity) AS a",
        "SELECT sum(a.events) AS n FROM activity AS a JOIN activity AS b ON b.source_ip = a.source_ip",
        "SELECT sum(a.events) AS n FROM activity AS a JOIN addresses AS b ON b.attempts = a.attempts",
        "SELECT count(*) AS n FROM activity WHERE event_action IN ('ban', 'found')",
        "SELECT count(*) AS n FROM activity WHERE event_action = 'login'",
        "SELECT count(*) AS n FROM activity WHERE event_action = 'ban' OR event_action = 'request'",
        "SELECT source_ip FROM addresses WHERE attempts IN (SELECT attempts FROM activity)",
    ] {
        assert_ne!(planner.faults(bad), BTreeSet::new(), "{bad}");
    }
    for good in [
        "SELECT sum(events) AS n, min(first_seen) AS f, max(last_seen) AS l FROM activity",
        "SELECT source_ip, coalesce(sum(attempts) FILTER (WHERE suspicious), 0) AS n FROM activity GROUP BY source_ip",
        "SELECT count(DISTINCT source_ip) AS n FROM activity",
        "SELECT count(source_ip) AS n FROM (SELECT DISTINCT source_ip FROM activity) AS a",
        "SELECT count(*) AS n FROM (SELECT source_ip FROM activity GROUP BY source_ip) AS a",
        "SELECT sum(CASE WHEN suspicious THEN attempts ELSE 0 END) AS n FROM activity",
        "SELECT source_ip FROM activity GROUP BY source_ip HAVING sum(attempts) > 3",
        "SELECT count(*) AS n FROM activity WHERE event_action IN ('ban', 'unban') AND source_ip IS NOT NULL",
        "SELECT user_name, first_seen FROM activity WHERE event_action = 'login' AND event_outcome = 'success'",
        "SELECT sum(a.events) AS n FROM activity AS a LEFT JOIN addresses AS b ON b.source_ip = a.source_ip",
        "SELECT sum(n) AS n FROM (SELECT events AS n FROM activity UNION ALL SELECT 0 AS n FROM activity) AS a",
        "SELECT source_ip FROM addresses WHERE source_ip IN (SELECT source_ip FROM activity)",
        "SELECT count(*) AS n FROM addresses WHERE attempts > 3",
    ] {
        assert_eq!(planner.faults(good), BTreeSet::new(), "{good}");
    }
}

#[test]
fn shipped_queries_add_up() {
    let planner = Planner::new();
    let all: Vec<String> = queries()
        .flat_map(|name| {
            let faults = planner.faults(Query::shipped(name).unwrap().text());
            faults
                .into_iter()
                .map(move |fault| format!("{name}: {fault}"))
        })
        .collect();
    assert_eq!(all, Vec::<String>::new());
}
