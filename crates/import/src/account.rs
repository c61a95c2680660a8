//! What the provider's account holds, read once: an answer that is not complete ends the import before it begins.

use std::collections::HashMap;

use trunkline_domain::{AccountSid, NumberSid, PhoneNumber, ProviderIdentity};
use trunkline_provider::{NumberProvider, ProviderError, ProviderNumber};

use crate::ImportError;

/// The numbers of an account.
pub(crate) struct AccountBooks {
    pub(crate) account: AccountSid,
    by_sid: HashMap<NumberSid, ProviderNumber>,
    by_phone_number: HashMap<PhoneNumber, NumberSid>,
}

/// What the account says of one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sighted {
    /// It holds it.
    Held(Box<ProviderNumber>),
    /// It certainly does not hold it.
    Absent,
    /// The original says that the number is on this other account.
    ElsewhereBy(AccountSid),
    /// It did not say.
    Unanswered(String),
}

impl AccountBooks {
    /// Lists the account.
    pub(crate) async fn read(provider: &dyn NumberProvider) -> Result<Self, ImportError> {
        let listing = provider.list().await.map_err(|error| ImportError::Provider(Some(error)))?;
        if !listing.complete {
            return Err(ImportError::Provider(None));
        }
        let by_phone_number = listing
            .numbers
            .iter()
            .map(|held| (held.phone_number.clone(), held.identity.number.clone()))
            .collect();
        let by_sid = listing.numbers.into_iter().map(|held| (held.identity.number.clone(), held)).collect();
        Ok(Self { account: listing.account, by_sid, by_phone_number })
    }

    /// The number under an id; where the list lacks it, by a direct question.
    pub(crate) async fn find(
        &self,
        provider: &dyn NumberProvider,
        sid: &NumberSid,
        named_account: Option<&AccountSid>,
    ) -> Sighted {
        if let Some(held) = self.by_sid.get(sid) {
            return Sighted::Held(Box::new(held.clone()));
        }
        if let Some(other) = named_account.filter(|named| **named != self.account) {
            return Sighted::ElsewhereBy(other.clone());
        }
        let identity = ProviderIdentity { account: self.account.clone(), number: sid.clone() };
        match provider.fetch(&identity).await {
            Ok(Some(held)) if held.identity == identity => Sighted::Held(Box::new(held)),
            Ok(Some(held)) => Sighted::ElsewhereBy(held.identity.account),
            Ok(None) => Sighted::Absent,
            Err(error) => Sighted::Unanswered(spoken(&error)),
        }
    }

    /// The id under which the account holds a phone number.
    pub(crate) fn sid_of(&self, phone_number: &PhoneNumber) -> Option<&NumberSid> {
        self.by_phone_number.get(phone_number)
    }
}

/// An error with what caused it.
fn spoken(error: &ProviderError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
