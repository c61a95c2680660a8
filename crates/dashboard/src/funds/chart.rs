//! A small chart of a balance over time: a line that steps where money moved, as inline SVG, with the same in words.
//!
//! *Invariants*: whole numbers only, since amounts are exact; nothing of it is wider than the page; what the line shows stands
//! in a table, too, for whoever does not see it.

use chrono::{DateTime, Utc};
use trunkline_domain::Money;

use super::record::{MonthLines, Statement, Statements, money};
use crate::api::Api;
use crate::format::Formats;
use crate::refusal::Refusal;

/// How many months are drawn at most.
const MONTHS: usize = 12;
/// So few months are drawn by their lines, as far as those are one page of the API's.
const FEW_MONTHS: usize = 2;
const PAGE: u64 = 100;

/// The drawing's size, in its own units, and what stays free around the line.
const WIDTH: i128 = 640;
const HEIGHT: i128 = 120;
const MARGIN: i128 = 4;

/// What a template draws.
#[derive(Debug)]
pub(super) struct Chart {
    /// The line, as the `d` of a path.
    pub(super) line: String,
    /// The height of zero, where that is in the picture and not at its edge.
    pub(super) zero: Option<i128>,
    pub(super) highest: String,
    pub(super) lowest: String,
    pub(super) from: String,
    pub(super) to: String,
    /// What is drawn, one row for each point.
    pub(super) rows: Vec<(String, String)>,
}

struct Point {
    /// Where on the axis of time.
    at: i64,
    balance: Money,
    label: String,
}

/// The chart of a wallet; `None` where there is no movement to draw.
pub(super) async fn of(api: &Api<'_>, formats: &Formats, currency: &str) -> Result<Option<Chart>, Refusal> {
    let limit = MONTHS.to_string();
    let months: Statements =
        api.get("/api/wallet/statements", &[("currency", currency), ("limit", &limit)]).await?;
    let mut months = months.statements;
    months.reverse();
    let few = months.len() <= FEW_MONTHS && months.iter().all(|month| month.line_count <= PAGE);
    let points = if few { by_lines(api, formats, &months).await? } else { by_months(&months)? };
    Ok(draw(formats, &points))
}

async fn by_lines(api: &Api<'_>, formats: &Formats, months: &[Statement]) -> Result<Vec<Point>, Refusal> {
    let mut points = Vec::new();
    for month in months {
        let path = format!("/api/wallet/statements/{}", month.month);
        let lines: MonthLines = api.get(&path, &[("currency", month.currency.code())]).await?;
        for line in lines.lines {
            let balance = money(&line.balance, month.currency)?;
            // Lines are in the wallet's order, which clocks of several servers need not agree with.
            let before = points.last().map_or(i64::MIN, |point: &Point| point.at);
            let at = line.date.timestamp().max(before);
            points.push(Point { at, balance, label: formats.moment(line.date) });
        }
    }
    Ok(points)
}

fn by_months(months: &[Statement]) -> Result<Vec<Point>, Refusal> {
    let point = |(at, month): (i64, &Statement)| {
        Ok(Point { at, balance: money(&month.closing, month.currency)?, label: month_name(&month.month) })
    };
    (0..).zip(months).map(point).collect()
}

/// A month of the API's as people write it; as it stands, where it is none.
pub(super) fn month_name(month: &str) -> String {
    let begins = format!("{month}-01T00:00:00Z").parse::<DateTime<Utc>>();
    begins.map_or_else(|_| month.to_owned(), |begins| begins.format("%B %Y").to_string())
}

fn draw(formats: &Formats, points: &[Point]) -> Option<Chart> {
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < 2 {
        return None;
    }
    let by_balance = |point: &&Point| point.balance.micros();
    let (lowest, highest) = (points.iter().min_by_key(by_balance)?, points.iter().max_by_key(by_balance)?);
    // Zero is in the picture, so that a line high up is seen to be.
    let bottom = i128::from(lowest.balance.micros()).min(0);
    let top = i128::from(highest.balance.micros()).max(bottom + 1);
    let height = |micros: i128| HEIGHT - MARGIN - (micros - bottom) * (HEIGHT - 2 * MARGIN) / (top - bottom);
    let span = i128::from(last.at) - i128::from(first.at);
    let steps = i128::try_from(points.len()).unwrap_or(1) - 1;
    let across = |n: i128, at: i64| match span {
        0 => MARGIN + n * (WIDTH - 2 * MARGIN) / steps,
        _ => MARGIN + (i128::from(at) - i128::from(first.at)) * (WIDTH - 2 * MARGIN) / span,
    };
    let step = |(n, point): (i128, &Point)| {
        let (x, y) = (across(n, point.at), height(point.balance.micros().into()));
        if n == 0 { format!("M{x} {y}") } else { format!(" H{x} V{y}") }
    };
    let line = (0..).zip(points).map(step).collect::<Vec<_>>().concat();
    Some(Chart {
        line,
        zero: (bottom < 0).then(|| height(0)),
        highest: formats.money(highest.balance),
        lowest: formats.money(lowest.balance),
        from: first.label.clone(),
        to: last.label.clone(),
        rows: points.iter().map(|point| (point.label.clone(), formats.money(point.balance))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use trunkline_domain::Currency;

    use super::*;

    fn chart(points: &[(i64, &str)]) -> Option<Chart> {
        let point = |(at, balance): &(i64, &str)| Point {
            at: *at,
            balance: Money::parse(balance, Currency::USD).unwrap(),
            label: at.to_string(),
        };
        draw(&Formats::of("en"), &points.iter().map(point).collect::<Vec<_>>())
    }

    #[test]
    fn a_line_steps_where_money_moved() {
        let chart = chart(&[(0, "10"), (50, "5"), (100, "10")]).unwrap();
        assert_eq!(chart.line, "M4 4 H320 V60 H636 V4");
        assert_eq!((chart.highest.as_str(), chart.lowest.as_str()), ("10.00\u{a0}USD", "5.00\u{a0}USD"));
        assert_eq!((chart.rows.len(), chart.zero), (3, None));
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        assert!(chart(&[]).is_none() && chart(&[(7, "10")]).is_none());
        assert_eq!(chart(&[(7, "0"), (7, "0")]).unwrap().line, "M4 116 H636 V116");
        assert_eq!(chart(&[(7, "-5"), (9, "5")]).unwrap().zero, Some(60));
        let most = "9223372036854.775807";
        assert_eq!(chart(&[(i64::MIN, "0"), (i64::MAX, most)]).unwrap().line, "M4 116 H636 V4");
    }

    #[test]
    fn months_have_names() {
        assert_eq!(month_name("2026-11"), "November 2026");
        assert_eq!(month_name("2026-13"), "2026-13");
    }
}
