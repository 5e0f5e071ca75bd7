//! A log line as one flat JSON object: when, how bad, which run, and what the line itself says, under its own names.

use std::fmt::{self, Debug};

use serde::ser::{SerializeMap, Serializer};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes log lines that way.
#[derive(Debug, Clone, Default)]
pub(super) struct Json {
    /// The run that they are about, if they are about one.
    pub run: Option<String>,
}

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        writeln!(writer, "{}", self.line(&time, event).map_err(|_| fmt::Error)?)
    }
}

impl Json {
    fn line(&self, time: &str, event: &Event<'_>) -> serde_json::Result<String> {
        let mut line = Vec::new();
        let mut json = serde_json::Serializer::new(&mut line);
        let mut map = json.serialize_map(None)?;
        map.serialize_entry("timestamp", time)?;
        map.serialize_entry("level", event.metadata().level().as_str())?;
        if let Some(run) = &self.run {
            map.serialize_entry("run", run)?;
        }
        let mut fields = Fields { map, failed: None };
        event.record(&mut fields);
        fields.failed.map_or(Ok(()), Err)?;
        SerializeMap::end(fields.map)?;
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}

/// Writes what a line says as it is told.
struct Fields<M: SerializeMap> {
    map: M,
    failed: Option<M::Error>,
}

impl<M: SerializeMap> Fields<M> {
    fn put(&mut self, field: &Field, value: &(impl serde::Serialize + ?Sized)) {
        if let Err(error) = self.map.serialize_entry(field.name(), value) {
            self.failed.get_or_insert(error);
        }
    }
}

impl<M: SerializeMap> Visit for Fields<M> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, &format!("{value:?}"));
    }
}
