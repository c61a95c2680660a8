//! The price book: what customers pay, what it costs, and what is left.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use trunkline_domain::Money;

use super::record::{Price, Prices};
use super::{PRICES, tabs};
use crate::DashboardState;
use crate::api::Api;
use crate::error::Failure;
use crate::format::Formats;
use crate::funds::money;
use crate::link::Tab;
use crate::numbers::{country_name, type_label};
use crate::page::{Frame, Section, html};
use crate::refusal::Refusal;
use crate::visitor::Visit;

#[derive(Template)]
#[template(path = "operator/prices.html")]
struct PricesPage {
    frame: Frame,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    has_unknown: bool,
}

struct Row {
    country: String,
    number_type: String,
    monthly: String,
    setup: String,
    /// What the carrier charges, where the price file says so.
    cost: Option<String>,
    /// What is left each month, and how to mark it.
    margin: Option<(String, &'static str)>,
    /// What is bought along with it.
    needs: String,
}

pub(super) async fn list(
    State(state): State<Arc<DashboardState>>,
    visit: Visit,
) -> Result<Response, Failure> {
    let listed: Prices = Api::new(&state.api, &visit).get("/api/operator/prices", &()).await?;
    let rows = listed.prices.iter().map(|price| row(&visit.formats, price)).collect::<Result<Vec<_>, _>>()?;
    html(&PricesPage {
        frame: Frame::new(&state, &visit, Section::Operator),
        tabs: tabs(PRICES),
        has_unknown: rows.iter().any(|row| row.cost.is_none()),
        rows,
    })
}

fn row(formats: &Formats, price: &Price) -> Result<Row, Refusal> {
    let sum = |amount| money(amount, price.currency);
    let monthly = sum(&price.monthly_cost)?;
    let margin = price.margin.as_ref().map(sum).transpose()?;
    let margin = margin.map(|margin| {
        let mark = if margin.is_positive() { "good" } else { "bad" };
        (format!("{} ({} %)", formats.money(margin), percent(margin, monthly)), mark)
    });
    let needs = [("Bundle", &price.bundle_sid), ("address", &price.address_sid)];
    let needs = needs.into_iter().filter_map(|(what, sid)| Some(format!("{what} {}", sid.as_ref()?)));
    Ok(Row {
        country: country_name(&price.country_code),
        number_type: type_label(&price.number_type).to_owned(),
        monthly: formats.money(monthly),
        setup: formats.money(sum(&price.setup_cost)?),
        cost: price.provider_cost.as_ref().map(sum).transpose()?.map(|cost| formats.money(cost)),
        margin,
        needs: needs.collect::<Vec<_>>().join(", "),
    })
}

/// How much of the whole a part is, to the nearest percent. A price is more than nothing.
fn percent(part: Money, whole: Money) -> i128 {
    let (part, whole) = (i128::from(part.micros()), i128::from(whole.micros()).max(1));
    let doubled = part * 200 + whole * part.signum();
    doubled / (whole * 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_to_the_nearest_percent() {
        let usd = |text: &str| Money::parse(text, trunkline_domain::Currency::USD).unwrap();
        for (part, whole, share) in [
            ("0.35", "1.50", 23),
            ("0.85", "3.00", 28),
            ("-0.15", "1.00", -15),
            ("0.005", "1.00", 1),
            ("0", "2", 0),
        ] {
            assert_eq!(percent(usd(part), usd(whole)), share, "{part} of {whole}");
        }
    }
}
