//! Times as text: UTC, microseconds, always 27 characters, so that the order of the text is the order of time.

use chrono::{DateTime, Utc};

use crate::error::Fault;

/// How times are written. The only place that says so.
const FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// A time for storing. Finer parts than a microsecond are cut off.
pub(crate) fn to_text(time: DateTime<Utc>) -> String {
    time.format(FORMAT).to_string()
}

/// A time as it was stored.
pub(crate) fn from_text(text: &str) -> Result<DateTime<Utc>, Fault> {
    chrono::NaiveDateTime::parse_from_str(text, FORMAT)
        .map(|time| time.and_utc())
        .map_err(|_| Fault::Broken(format!("`{text}` is not a stored time")))
}

/// A time that may be missing, as it was stored.
pub(crate) fn from_optional_text(text: Option<&str>) -> Result<Option<DateTime<Utc>>, Fault> {
    text.map(from_text).transpose()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_sorts_as_time_does_and_reads_back(
            a in -62_135_596_800_000_000_i64..253_402_300_800_000_000,
            b in -62_135_596_800_000_000_i64..253_402_300_800_000_000,
        ) {
            let times = [a, b].map(|micros| DateTime::from_timestamp_micros(micros).unwrap());
            let texts = times.map(to_text);
            prop_assert_eq!(texts[0].cmp(&texts[1]), times[0].cmp(&times[1]));
            prop_assert_eq!(from_text(&texts[0]).unwrap(), times[0]);
            prop_assert_eq!(texts[0].len(), 27);
        }
    }
}
