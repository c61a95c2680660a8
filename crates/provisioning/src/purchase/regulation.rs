//! What the account has of what regulations ask for. Which of its addresses goes with a purchase where the operator has
//! set none: the opener asks before the purchase, where the number on offer wants one, and after a refusal that an
//! address would have cured. And what its bundles lack, after a refusal for want of one.

use std::future::Future;
use std::time::Duration;

use trunkline_domain::{AddressSid, BundleGap, Capabilities, Order, RegulatoryIds};
use trunkline_provider::{AddressNeed, AddressRequirement, ProviderError, Refusal, SearchQuery, bundle_gap};

use crate::calls::{CallAnswer, CallKind, Calls, Heard};
use crate::engine::Engine;

/// What part of a request's time the opener gives to a hint that the purchase can do without.
const HINT_SHARE: u32 = 4;

/// What the provider's search says of the number that is ordered. Nothing where it shows none.
#[derive(Debug, Default)]
pub(super) struct Hint {
    pub(super) capabilities: Capabilities,
    pub(super) requirement: Option<AddressRequirement>,
    pub(super) locality: Option<String>,
}

impl Engine {
    /// What the number can do and asks for, as the provider's search says now. A hint, and never waited for long:
    /// without it the purchase goes without an address for texts, which is added once the purchase has said what the
    /// number can do, and without the address of anybody, until the provider asks for one.
    pub(super) async fn hint(&self, order: &Order, calls: &mut Calls) -> Hint {
        let digits = order.phone_number.as_str().trim_start_matches('+').to_owned();
        let query =
            SearchQuery { contains: Some(digits), ..SearchQuery::new(order.country, order.number_type) };
        let hit = self.within(CallKind::Search, calls, self.parts.provider.search(&query), |found| {
            found.into_iter().find(|number| number.phone_number == order.phone_number)
        });
        let hit = hit.await;
        hit.map_or_else(Hint::default, |hit| Hint {
            capabilities: hit.capabilities,
            requirement: Some(hit.address_requirement),
            locality: hit.locality,
        })
    }

    /// What goes with the purchase: what the operator has set, and the account's fitting address where none is set and
    /// the number on offer wants one.
    pub(super) async fn regulatory_for(
        &self,
        order: &Order,
        set: &RegulatoryIds,
        hint: &Hint,
        calls: &mut Calls,
    ) -> RegulatoryIds {
        let mut ids = set.clone();
        let wanted = hint.requirement.filter(|requirement| *requirement != AddressRequirement::None);
        if let (None, Some(requirement)) = (&ids.address_sid, wanted) {
            let address = self.account_address(order, requirement, hint, None, calls).await;
            ids.address_sid = address.map(String::from);
        }
        ids
    }

    /// An address for the one further attempt after a refusal; `None` where the operator has set one, where no address
    /// would have helped, or where the account has no other that may.
    pub(super) async fn curing_address(
        &self,
        order: &Order,
        set: &RegulatoryIds,
        tried: &RegulatoryIds,
        hint: &Hint,
        refusal: &ProviderError,
        calls: &mut Calls,
    ) -> Option<AddressSid> {
        let curable = matches!(refusal, ProviderError::Refused { reason: Refusal::AddressRequired, .. });
        if !curable || set.address_sid.is_some() {
            return None;
        }
        let refused = tried.address_sid.as_deref().and_then(|sid| sid.parse::<AddressSid>().ok());
        let stated = hint.requirement.filter(|requirement| *requirement != AddressRequirement::None);
        let requirement = match (&refused, stated) {
            (_, Some(AddressRequirement::Foreign)) => AddressRequirement::Foreign,
            // One that satisfied what was stated was refused: the number wants one nearer to it.
            (Some(_), _) => AddressRequirement::Local,
            (None, stated) => stated.unwrap_or(AddressRequirement::Any),
        };
        self.account_address(order, requirement, hint, refused, calls).await
    }

    /// Why the bundles that the operator has do not serve, after a refusal for want of one.
    pub(super) async fn bundle_gap(
        &self,
        order: &Order,
        set: &RegulatoryIds,
        calls: &mut Calls,
    ) -> Option<BundleGap> {
        let question = self.parts.account.bundles(order.country, order.number_type);
        let now = self.now();
        self.within(CallKind::Bundles, calls, question, |bundles| bundle_gap(set, &bundles, now)).await
    }

    async fn account_address(
        &self,
        order: &Order,
        requirement: AddressRequirement,
        hint: &Hint,
        refused: Option<AddressSid>,
        calls: &mut Calls,
    ) -> Option<AddressSid> {
        let need =
            AddressNeed { country: order.country, requirement, locality: hint.locality.clone(), refused };
        self.within(CallKind::Addresses, calls, self.parts.account.addresses(), |addresses| {
            need.choose(&addresses).map(|address| address.sid.clone())
        })
        .await
    }

    /// What is wanted of the answer to a question that the purchase can do without.
    async fn within<T, W>(
        &self,
        call: CallKind,
        calls: &mut Calls,
        question: impl Future<Output = Result<T, ProviderError>>,
        wanted: impl FnOnce(T) -> Option<W>,
    ) -> Option<W> {
        let wait: Duration = self.settings.request_timeout / HINT_SHARE;
        let (answer, asked) = self.ask(tokio::time::timeout(wait, question)).await;
        match answer {
            Ok(Ok(answer)) => {
                let found = wanted(answer);
                let heard = if found.is_some() { CallAnswer::Found } else { CallAnswer::NotFound };
                calls.note(asked, call, heard);
                found
            }
            Ok(Err(error)) => {
                calls.note(asked, call, &error);
                None
            }
            Err(_) => {
                calls.note(asked, call, Heard::nothing_within(wait));
                None
            }
        }
    }
}
