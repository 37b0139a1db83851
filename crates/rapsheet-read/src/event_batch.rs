//! Events as rows of the `events` table, for those who ask for single events.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Int64Builder, RecordBatch, StringViewBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::SchemaRef;
use rapsheet_schema::{Event, Reason, events as columns, format_network, schema_of};

/// An event and where it stands.
pub(crate) struct Placed<'a, 'e> {
    pub(crate) event: &'e Event<'a>,
    pub(crate) micros: Option<i64>,
    pub(crate) host_name: Option<&'a str>,
    pub(crate) process_pid: Option<u32>,
    pub(crate) log_file_path: &'e str,
    pub(crate) log_line: u64,
    pub(crate) message: &'e str,
}

/// Collects events into record batches.
pub(crate) struct EventBatch {
    schema: SchemaRef,
    with_message: bool,
    rows: usize,
    timestamp: TimestampMicrosecondBuilder,
    texts: Vec<StringViewBuilder>,
    numbers: Vec<Int64Builder>,
    flags: Vec<BooleanBuilder>,
    bytes: usize,
}

/// Text columns in the order of their builders.
const TEXTS: usize = 19;
/// Whole numbers in the order of their builders.
const NUMBERS: usize = 8;

impl EventBatch {
    pub(crate) fn new(with_message: bool) -> Self {
        let text = || StringViewBuilder::new().with_deduplicate_strings();
        Self {
            schema: schema_of(&columns()),
            with_message,
            rows: 0,
            timestamp: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            texts: (0..TEXTS).map(|_| text()).collect(),
            numbers: (0..NUMBERS).map(|_| Int64Builder::new()).collect(),
            flags: (0..2).map(|_| BooleanBuilder::new()).collect(),
            bytes: 0,
        }
    }

    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn add(&mut self, placed: &Placed<'_, '_>) {
        let event = placed.event;
        let http = event.http.copied().unwrap_or_default();
        let ip = event.source_ip.map(|ip| ip.to_string());
        let network = event.source_ip.map(format_network);
        self.rows += 1;
        self.bytes += placed.message.len();
        self.timestamp.append_option(placed.micros);
        let texts: [Option<&str>; TEXTS] = [
            placed.host_name,
            Some(event.event_dataset.service_name()),
            Some(event.event_dataset.as_str()),
            Some(event.event_action.as_str()),
            Some(event.event_outcome.as_str()),
            event.reason.map(Reason::as_str),
            ip.as_deref(),
            network.as_deref(),
            event.source_domain,
            event.user_name,
            event.openssh_auth_method,
            event.fail2ban_jail,
            http.http_request_method,
            http.url_original,
            http.url_domain,
            http.http_referrer,
            http.user_agent_original,
            Some(placed.log_file_path),
            self.with_message.then_some(placed.message),
        ];
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_option(text);
        }
        let numbers: [Option<i64>; NUMBERS] = [
            Some(i64::from(event.attempts)),
            event.source_port.map(i64::from),
            placed.process_pid.map(i64::from),
            event.fail2ban_bantime,
            event.fail2ban_bancount.map(i64::from),
            http.http_response_status_code.map(i64::from),
            http.http_response_body_bytes
                .and_then(|bytes| i64::try_from(bytes).ok()),
            i64::try_from(placed.log_line).ok(),
        ];
        for (builder, number) in self.numbers.iter_mut().zip(numbers) {
            builder.append_option(number);
        }
        self.flags[0].append_value(event.suspicious);
        self.flags[1].append_option(event.user_exists);
    }

    /// Makes a batch of what was collected, and starts anew.
    ///
    /// # Errors
    ///
    /// When the columns don't fit the schema, which would be a defect.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, arrow::error::ArrowError> {
        let mut done = std::mem::replace(self, Self::new(self.with_message));
        let mut texts = done.texts.iter_mut();
        let mut numbers = done.numbers.iter_mut();
        let mut flags = done.flags.iter_mut();
        let timestamp: ArrayRef = Arc::new(done.timestamp.finish());
        let columns = done
            .schema
            .fields()
            .iter()
            .map(|field| -> ArrayRef {
                use arrow::datatypes::DataType as T;
                match field.data_type() {
                    T::Utf8View => texts.next().map_or_else(
                        || Arc::clone(&timestamp),
                        |builder| Arc::new(builder.finish()),
                    ),
                    T::Int64 => numbers.next().map_or_else(
                        || Arc::clone(&timestamp),
                        |builder| Arc::new(builder.finish()),
                    ),
                    T::Boolean => flags.next().map_or_else(
                        || Arc::clone(&timestamp),
                        |builder| Arc::new(builder.finish()),
                    ),
                    _ => Arc::clone(&timestamp),
                }
            })
            .collect();
        RecordBatch::try_new(done.schema, columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::AsArray;
    use rapsheet_schema::{Action, Dataset, Outcome, Teller};

    #[test]
    fn every_column_gets_its_own_value() {
        let mut batch = EventBatch::new(true);
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
            message: "the line",
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
