//! Calendar months, in UTC.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use serde::{Serialize, Serializer};

/// A calendar month in UTC, as `2026-11`. Months sort as time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementMonth {
    first: NaiveDate,
}

/// What is not a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is a month as 2026-11")]
pub struct StatementMonthError;

impl StatementMonth {
    /// The month in which a moment lies.
    pub fn of(time: DateTime<Utc>) -> Self {
        let day = time.date_naive();
        Self { first: day.with_day(1).unwrap_or(day) }
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self { first: self.first.checked_add_months(Months::new(1)).unwrap_or(self.first) }
    }

    /// The month before it.
    #[must_use]
    pub fn previous(self) -> Self {
        Self { first: self.first.checked_sub_months(Months::new(1)).unwrap_or(self.first) }
    }

    /// Its first moment.
    pub fn begins(self) -> DateTime<Utc> {
        self.first.and_time(NaiveTime::MIN).and_utc()
    }

    /// The first moment that is not in it.
    pub fn ends(self) -> DateTime<Utc> {
        self.next().begins()
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        let next = self.next().first;
        next.pred_opt().unwrap_or(next)
    }
}

impl fmt::Display for StatementMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl FromStr for StatementMonth {
    type Err = StatementMonthError;

    fn from_str(text: &str) -> Result<Self, StatementMonthError> {
        let (year, month) = text.split_once('-').ok_or(StatementMonthError)?;
        let digits =
            |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(StatementMonthError);
        }
        let (year, month) = (year.parse().ok(), month.parse().ok());
        let first = year.zip(month).and_then(|(year, month)| NaiveDate::from_ymd_opt(year, month, 1));
        first.map(|first| Self { first }).ok_or(StatementMonthError)
    }
}

impl Serialize for StatementMonth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> StatementMonth {
        text.parse().unwrap()
    }

    #[test]
    fn months_are_read_and_written() {
        for text in ["2026-11", "0001-01", "9999-12"] {
            assert_eq!(month(text).to_string(), text);
        }
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "2026-1",
            "26-11",
            "2026-11-01",
            "+026-11",
            "2026-+1",
            "２026-11",
        ] {
            assert_eq!(text.parse::<StatementMonth>(), Err(StatementMonthError), "{text}");
        }
    }

    #[test]
    fn a_month_is_from_its_first_moment_until_the_next_ones() {
        let december = month("2026-12");
        assert_eq!(december.begins().to_rfc3339(), "2026-12-01T00:00:00+00:00");
        assert_eq!(december.ends().to_rfc3339(), "2027-01-01T00:00:00+00:00");
        assert_eq!(december.last_day().to_string(), "2026-12-31");
        assert_eq!(month("2028-02").last_day().to_string(), "2028-02-29");
        assert_eq!(StatementMonth::of(december.begins()), december);
        assert_eq!(StatementMonth::of(december.ends()), month("2027-01"));
        assert_eq!((december.next().previous(), month("2027-01").previous()), (december, december));
        assert!(month("2026-09") < month("2026-10") && december < december.next());
    }
}
