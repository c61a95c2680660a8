//! What limits mean: a pure function of an order, the limits and what the user has.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use trunkline_domain::{Country, Money, NumberType, Order};

use super::values::{ChurnLimit, Countries, NumberTypes, OwnLimits, PriceLimit};

/// What limits a user; `None` is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserLimits {
    /// Numbers held, with those that are being bought. Records of numbers that live elsewhere do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers: Option<NonZeroU32>,
    /// Purchases on one day, by UTC and the store's clock; failed ones do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchases_per_day: Option<NonZeroU32>,
    /// The highest price of a number per month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_price: Option<PriceLimit>,
    /// Countries whose numbers may be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub countries: Option<Countries>,
    /// Types of numbers that may be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_types: Option<NumberTypes>,
    /// Buying and giving back, again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub churn: Option<ChurnLimit>,
}

/// What a user has, as far as limits count it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitUse {
    /// Numbers bought here and not given back, and orders that are not decided.
    pub numbers: u64,
    /// Orders that were opened since midnight (UTC) and have not failed.
    pub purchases_today: u64,
    /// Numbers bought here and given back within the last 30 days.
    pub released_recently: u64,
}

/// The limit that an order would exceed. PostgreSQL's function writes these by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitReached {
    /// The country is none of those that are allowed.
    Countries {
        /// The number's country.
        country: Country,
        /// Those that are allowed.
        allowed: Countries,
    },
    /// The type is none of those that are allowed.
    NumberTypes {
        /// The number's type.
        number_type: NumberType,
        /// Those that are allowed.
        allowed: NumberTypes,
    },
    /// The number costs more per month than is allowed.
    MonthlyPrice {
        /// What it costs.
        price: Money,
        /// The most that is allowed in this currency; `None` where nothing may be bought in it.
        allowed: Option<Money>,
    },
    /// The day's purchases are made.
    PurchasesPerDay {
        /// So many are allowed.
        allowed: NonZeroU32,
    },
    /// So many numbers are held or being bought.
    Numbers {
        /// So many are allowed.
        allowed: NonZeroU32,
    },
    /// Too many numbers were given back within 30 days.
    Churn {
        /// So many were.
        released: u64,
        /// So many are allowed, for what is held now.
        allowed: u64,
    },
}

impl LimitReached {
    /// The limit's name, as in [`UserLimits`] and in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Countries { .. } => "countries",
            Self::NumberTypes { .. } => "numberTypes",
            Self::MonthlyPrice { .. } => "monthlyPrice",
            Self::PurchasesPerDay { .. } => "purchasesPerDay",
            Self::Numbers { .. } => "numbers",
            Self::Churn { .. } => "churn",
        }
    }
}

impl UserLimits {
    /// For how long a number that was given back counts as churn, in days.
    pub const CHURN_DAYS: i64 = 30;

    /// No limits.
    pub const NONE: Self = Self {
        numbers: None,
        purchases_per_day: None,
        monthly_price: None,
        countries: None,
        number_types: None,
        churn: None,
    };

    /// What holds for a user of whom an operator has set something of its own.
    #[must_use]
    pub fn with(self, own: OwnLimits) -> Self {
        Self {
            numbers: own.numbers.over(self.numbers),
            purchases_per_day: own.purchases_per_day.over(self.purchases_per_day),
            monthly_price: own.monthly_price.over(self.monthly_price),
            countries: own.countries.over(self.countries),
            number_types: own.number_types.over(self.number_types),
            churn: own.churn.over(self.churn),
        }
    }

    /// Whether it takes counting to know whether they are kept.
    pub const fn count_anything(&self) -> bool {
        self.numbers.is_some() || self.purchases_per_day.is_some() || self.churn.is_some()
    }

    /// The limit that one more order exceeds. `used` is what there is without it.
    pub fn reached_by(&self, order: &Order, used: LimitUse) -> Option<LimitReached> {
        self.refused(order).or_else(|| self.used_up(used))
    }

    /// By what the order is.
    fn refused(&self, order: &Order) -> Option<LimitReached> {
        let (country, number_type, price) = (order.country, order.number_type, order.monthly_cost);
        if let Some(allowed) = self.countries.as_ref().filter(|allowed| !allowed.allow(country)) {
            return Some(LimitReached::Countries { country, allowed: allowed.clone() });
        }
        if let Some(allowed) = self.number_types.as_ref().filter(|allowed| !allowed.allow(number_type)) {
            return Some(LimitReached::NumberTypes { number_type, allowed: allowed.clone() });
        }
        let allowed = self.monthly_price.as_ref()?.in_currency(price.currency());
        // Both are of the same currency, or there is none.
        let is_within = allowed.is_some_and(|allowed| price.micros() <= allowed.micros());
        (!is_within).then_some(LimitReached::MonthlyPrice { price, allowed })
    }

    /// By what the user has and did.
    fn used_up(&self, used: LimitUse) -> Option<LimitReached> {
        let is_full = |allowed: &NonZeroU32, used: u64| used >= u64::from(allowed.get());
        if let Some(allowed) = self.purchases_per_day.filter(|cap| is_full(cap, used.purchases_today)) {
            return Some(LimitReached::PurchasesPerDay { allowed });
        }
        if let Some(allowed) = self.numbers.filter(|cap| is_full(cap, used.numbers)) {
            return Some(LimitReached::Numbers { allowed });
        }
        let ChurnLimit = self.churn?;
        let (released, allowed) = (used.released_recently, used.numbers.saturating_mul(2).max(5));
        (released > allowed).then_some(LimitReached::Churn { released, allowed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::order;

    fn limits(json: &str) -> UserLimits {
        serde_json::from_str(json).unwrap()
    }

    fn used(numbers: u64, purchases_today: u64, released_recently: u64) -> LimitUse {
        LimitUse { numbers, purchases_today, released_recently }
    }

    /// The name of the limit that an American local number for 1.50 USD exceeds.
    fn reached(json: &str, used: LimitUse) -> Option<&'static str> {
        limits(json).reached_by(&order(), used).map(|reached| reached.name())
    }

    #[test]
    fn the_whole_table() {
        for (json, has, expected) in [
            ("{}", used(1_000, 1_000, 1_000), None),
            (r#"{"countries": ["CA", "US"]}"#, used(0, 0, 0), None),
            (r#"{"countries": ["CA", "GB"]}"#, used(0, 0, 0), Some("countries")),
            (r#"{"numberTypes": ["local"]}"#, used(0, 0, 0), None),
            (r#"{"numberTypes": ["mobile"]}"#, used(0, 0, 0), Some("numberTypes")),
            (r#"{"monthlyPrice": {"USD": 1.50}}"#, used(0, 0, 0), None),
            (r#"{"monthlyPrice": {"USD": 1.499999}}"#, used(0, 0, 0), Some("monthlyPrice")),
            (r#"{"monthlyPrice": {"INR": 1000}}"#, used(0, 0, 0), Some("monthlyPrice")),
            (r#"{"purchasesPerDay": 2}"#, used(9, 1, 9), None),
            (r#"{"purchasesPerDay": 2}"#, used(0, 2, 0), Some("purchasesPerDay")),
            (r#"{"numbers": 3}"#, used(2, 9, 9), None),
            (r#"{"numbers": 3}"#, used(3, 0, 0), Some("numbers")),
            (r#"{"churn": true}"#, used(0, 0, 5), None),
            (r#"{"churn": true}"#, used(0, 0, 6), Some("churn")),
            (r#"{"churn": true}"#, used(4, 0, 8), None),
            (r#"{"churn": true}"#, used(4, 0, 9), Some("churn")),
        ] {
            assert_eq!(reached(json, has), expected, "{json} {has:?}");
        }
    }

    #[test]
    fn own_limits_come_before_those_of_everybody() {
        let everybody = limits(r#"{"numbers": 3, "purchasesPerDay": 5, "countries": ["US"]}"#);
        let own: OwnLimits = serde_json::from_str(r#"{"numbers": 10, "countries": null}"#).unwrap();
        assert_eq!(everybody.clone().with(own), limits(r#"{"numbers": 10, "purchasesPerDay": 5}"#));
        assert_eq!(everybody.clone().with(OwnLimits::default()), everybody);
    }
}
