//! Events as rows of the `events` table, for those who ask for single events.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Int64Builder, RecordBatch, StringViewBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;
use rapsheet_schema::{Column, Event, EventColumn, Reason, format_network, schema_of};

/// An event and where it stands.
pub(crate) struct Placed<'a, 'e> {
    pub(crate) event: &'e Event<'a>,
    pub(crate) micros: Option<i64>,
    pub(crate) host_name: Option<&'a str>,
    pub(crate) process_pid: Option<u32>,
    pub(crate) log_file_path: &'e str,
    pub(crate) log_line: u64,
    pub(crate) message: Option<&'e str>,
}

/// Collects events into record batches.
pub(crate) struct EventBatch {
    schema: SchemaRef,
    with_message: bool,
    with_network: bool,
    rows: usize,
    columns: &'static [EventColumn],
    /// In the order of the columns.
    builders: Vec<Builder>,
}

/// The builder of one column.
enum Builder {
    Time(TimestampMicrosecondBuilder),
    Text(StringViewBuilder),
    Number(Int64Builder),
    Flag(BooleanBuilder),
}

/// What one event has in one column.
enum Value<'v> {
    Time(Option<i64>),
    Text(Option<&'v str>),
    Number(Option<i64>),
    Flag(Option<bool>),
}

impl Builder {
    fn new(column: EventColumn) -> Self {
        match column.column().data_type {
            DataType::Timestamp(..) => {
                Self::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC"))
            }
            DataType::Int64 => Self::Number(Int64Builder::new()),
            DataType::Boolean => Self::Flag(BooleanBuilder::new()),
            _ => Self::Text(StringViewBuilder::new().with_deduplicate_strings()),
        }
    }

    /// Adds a value. One of another type than the column's makes the column too short, so that the batch is refused.
    fn append(&mut self, value: &Value<'_>) {
        match (self, value) {
            (Self::Time(builder), Value::Time(at)) => builder.append_option(*at),
            (Self::Text(builder), Value::Text(text)) => builder.append_option(*text),
            (Self::Number(builder), Value::Number(number)) => builder.append_option(*number),
            (Self::Flag(builder), Value::Flag(flag)) => builder.append_option(*flag),
            _ => {}
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Number(builder) => Arc::new(builder.finish()),
            Self::Flag(builder) => Arc::new(builder.finish()),
        }
    }
}

impl Placed<'_, '_> {
    fn value<'v>(&'v self, column: EventColumn, texts: &'v AddressTexts) -> Value<'v> {
        use EventColumn as C;
        let event = self.event;
        let http = event.http;
        let dataset = event.event_dataset;
        match column {
            C::Timestamp => Value::Time(self.micros),
            C::HostName => Value::Text(self.host_name),
            C::EventCategory => Value::Text(Some(dataset.event_category().as_str())),
            C::ServiceName => Value::Text(Some(dataset.service_name())),
            C::EventDataset => Value::Text(Some(dataset.as_str())),
            C::EventAction => Value::Text(Some(event.event_action.as_str())),
            C::EventOutcome => Value::Text(Some(event.event_outcome.as_str())),
            C::Suspicious => Value::Flag(Some(event.suspicious)),
            C::Attempts => Value::Number(Some(i64::from(event.attempts))),
            C::Reason => Value::Text(event.reason.map(Reason::as_str)),
            C::SourceIp => Value::Text(texts.address.as_deref()),
            C::SourceNetwork => Value::Text(texts.network.as_deref()),
            C::SourcePort => Value::Number(event.source_port.map(i64::from)),
            C::SourceDomain => Value::Text(event.source_domain),
            C::UserName => Value::Text(event.user_name),
            C::UserExists => Value::Flag(event.user_exists),
            C::OpensshAuthMethod => Value::Text(event.openssh_auth_method),
            C::OpensshAuthKey => Value::Text(event.openssh_auth_key),
            C::ProcessPid => Value::Number(self.process_pid.map(i64::from)),
            C::Fail2banJail => Value::Text(event.fail2ban_jail),
            C::Fail2banBantime => Value::Number(event.fail2ban_bantime),
            C::Fail2banBancount => Value::Number(event.fail2ban_bancount.map(i64::from)),
            C::HttpRequestMethod => Value::Text(http.and_then(|http| http.http_request_method)),
            C::UrlOriginal => Value::Text(http.and_then(|http| http.url_original)),
            C::UrlDomain => Value::Text(http.and_then(|http| http.url_domain)),
            C::HttpResponseStatusCode => Value::Number(
                http.and_then(|http| http.http_response_status_code)
                    .map(i64::from),
            ),
            C::HttpResponseBodyBytes => Value::Number(
                http.and_then(|http| http.http_response_body_bytes)
                    .and_then(|bytes| i64::try_from(bytes).ok()),
            ),
            C::HttpReferrer => Value::Text(http.and_then(|http| http.http_referrer)),
            C::UserAgentOriginal => Value::Text(http.and_then(|http| http.user_agent_original)),
            C::LogFilePath => Value::Text(Some(self.log_file_path)),
            C::LogLine => Value::Number(i64::try_from(self.log_line).ok()),
            C::Message => Value::Text(self.message),
        }
    }
}

/// An event's address and network as text.
struct AddressTexts {
    address: Option<String>,
    network: Option<String>,
}

impl EventBatch {
    pub(crate) fn new(columns: &'static [EventColumn], with_message: bool) -> Self {
        let declared: Vec<Column> = columns.iter().map(|column| column.column()).collect();
        Self {
            schema: schema_of(&declared),
            with_message,
            with_network: columns.contains(&EventColumn::SourceNetwork),
            rows: 0,
            columns,
            builders: columns.iter().copied().map(Builder::new).collect(),
        }
    }

    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn add(&mut self, placed: &Placed<'_, '_>) {
        let ip = placed.event.source_ip;
        let texts = AddressTexts {
            address: ip.map(|ip| ip.to_string()),
            network: ip.filter(|_| self.with_network).map(format_network),
        };
        let placed = Placed {
            message: placed.message.filter(|_| self.with_message),
            ..*placed
        };
        for (builder, column) in self.builders.iter_mut().zip(self.columns) {
            builder.append(&placed.value(*column, &texts));
        }
        self.rows += 1;
    }

    /// Makes a batch of what was collected, and starts anew.
    ///
    /// # Errors
    ///
    /// Fails where a value wasn't of its column's type.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::AsArray;
    use rapsheet_schema::{Action, Dataset, Outcome, Teller};

    #[test]
    fn every_column_gets_its_own_value() {
        let mut batch = EventBatch::new(EventColumn::ALL, true);
        let mut event = Event::new(Dataset::OpensshAuth, Action::Login, Outcome::Failure).suspect(
            Reason::FailedPassword,
            1,
            Teller::Failed,
        );
        event.source_ip = "192.0.2.9".parse().ok();
        event.source_port = Some(4711);
        event.user_name = Some("root");
        event.user_exists = Some(true);
        batch.add(&Placed {
            event: &event,
            micros: Some(1_000_000),
            host_name: Some("server"),
            process_pid: Some(7),
            log_file_path: "auth.log",
            log_line: 12,
            message: Some("the line"),
        });
        let rows = batch.finish().unwrap();
        let text = |name: &str| {
            rows.column_by_name(name)
                .unwrap()
                .as_string_view()
                .value(0)
                .to_owned()
        };
        let number = |name: &str| {
            rows.column_by_name(name)
                .unwrap()
                .as_primitive::<arrow::datatypes::Int64Type>()
                .value(0)
        };
        assert_eq!(text("host_name"), "server");
        assert_eq!(text("event_action"), "login");
        assert_eq!(text("reason"), "failed_password");
        assert_eq!(text("source_network"), "192.0.2.0/24");
        assert_eq!(text("user_name"), "root");
        assert_eq!(text("log_file_path"), "auth.log");
        assert_eq!(text("message"), "the line");
        assert_eq!(
            (
                number("attempts"),
                number("source_port"),
                number("process_pid"),
                number("log_line")
            ),
            (1, 4711, 7, 12)
        );
        assert!(
            rows.column_by_name("user_exists")
                .unwrap()
                .as_boolean()
                .value(0)
        );
        assert_eq!(batch.rows(), 0);
    }
}
