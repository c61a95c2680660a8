//! The businesses that a visitor works with: their own, and those of others in which they are members.

use std::collections::BTreeMap;

use serde::Deserialize;
use trunkline_domain::BusinessId;

use crate::api::Api;
use crate::refusal::Refusal;
use crate::visitor::Visitor;

/// How many pages of businesses are read for a choice; the names of others are asked for one by one.
const PAGES_MAX: usize = 5;

/// What the visitor may do with the numbers of a business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// It is theirs.
    Owner,
    /// They work with its numbers.
    Manager,
    /// They see its numbers.
    Viewer,
}

impl Role {
    /// Its name in the API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Viewer => "viewer",
        }
    }

    /// In words for people.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Manager => "Manager: buys, changes and releases numbers",
            Self::Viewer => "Viewer: sees them",
        }
    }
}

/// A business of the API.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Business {
    pub(crate) id: BusinessId,
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) time_zone: Option<String>,
    pub(crate) role: Option<Role>,
}

/// A page of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BusinessPage {
    pub(crate) businesses: Vec<Business>,
    pub(crate) next_cursor: Option<BusinessId>,
}

/// One of them.
#[derive(Deserialize)]
pub(crate) struct OneBusiness {
    pub(crate) business: Business,
}

/// A business of somebody else, in which the visitor is a member.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Membership {
    pub(crate) business_id: BusinessId,
    pub(crate) business_name: String,
    pub(crate) owner_id: String,
    pub(crate) role: Role,
}

/// A page of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MembershipPage {
    pub(crate) memberships: Vec<Membership>,
    next_cursor: Option<BusinessId>,
}

/// A business to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) is_chosen: bool,
}

/// The businesses that a visitor works with.
#[derive(Debug, Default)]
pub(crate) struct Businesses {
    own: Vec<Business>,
    shared: Vec<Membership>,
    names: BTreeMap<BusinessId, String>,
}

impl Businesses {
    /// The newest of the visitor's own, and of those in which they are members.
    pub(crate) async fn of(api: &Api<'_>, visitor: &Visitor) -> Result<Self, Refusal> {
        let mut all = Self::default();
        let mut cursor = None;
        for _ in 0..PAGES_MAX {
            let page: BusinessPage = api.get("/api/businesses", &[("cursor", cursor)]).await?;
            all.own.extend(page.businesses);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        // An operator is nobody's member, and sees everybody's.
        if !visitor.is_operator() {
            for _ in 0..PAGES_MAX {
                let page: MembershipPage = api.get("/api/memberships", &[("cursor", cursor)]).await?;
                all.shared.extend(page.memberships);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
        }
        let own = all.own.iter().map(|business| (business.id, business.name.clone()));
        let shared = all.shared.iter().map(|shared| (shared.business_id, shared.business_name.clone()));
        all.names = own.chain(shared).collect();
        Ok(all)
    }

    /// Learns the names of further ones. One that cannot be asked for stays without.
    pub(crate) async fn learn(&mut self, api: &Api<'_>, ids: &[BusinessId]) {
        for id in ids {
            if self.names.contains_key(id) {
                continue;
            }
            if let Ok(business) = business(api, *id).await {
                self.names.insert(*id, business.name);
            }
        }
    }

    /// The name of one.
    pub(crate) fn name(&self, id: BusinessId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// All that are known, to choose one by whose numbers are shown.
    pub(crate) fn to_look_at(&self, chosen: &str) -> Vec<Choice> {
        sorted(self.names.iter().map(|(id, name)| choice(*id, name, chosen)))
    }

    /// Where a number of this owner can be put: any of the visitor's own, or those of another owner's in which they are a
    /// manager.
    pub(crate) fn to_move_to(&self, owner: &str, chosen: &str) -> Vec<Choice> {
        let own = self.own.iter().filter(|business| business.user_id == owner);
        let own = own.map(|business| choice(business.id, &business.name, chosen));
        let shared =
            self.shared.iter().filter(|shared| shared.owner_id == owner && shared.role == Role::Manager);
        let shared = shared.map(|shared| choice(shared.business_id, &shared.business_name, chosen));
        self.with_chosen(own.chain(shared), chosen)
    }

    /// Where a visitor can make a number: any of their own, and wherever they are a manager.
    pub(crate) fn to_make_in(&self, chosen: &str) -> Vec<Choice> {
        let own = self.own.iter().map(|business| choice(business.id, &business.name, chosen));
        let shared = self.shared.iter().filter(|shared| shared.role == Role::Manager);
        let shared = shared.map(|shared| choice(shared.business_id, &shared.business_name, chosen));
        self.with_chosen(own.chain(shared), chosen)
    }

    /// The chosen one stands among them, if it is known at all: also one that is too old to have been read.
    fn with_chosen(&self, choices: impl Iterator<Item = Choice>, chosen: &str) -> Vec<Choice> {
        let mut choices = sorted(choices);
        let known = chosen.parse().ok().and_then(|id| Some((id, self.name(id)?)));
        if let Some((id, name)) = known.filter(|_| !choices.iter().any(|choice| choice.is_chosen)) {
            choices.insert(0, choice(id, name, chosen));
        }
        choices
    }
}

/// One business, with what the visitor is in it.
pub(crate) async fn business(api: &Api<'_>, id: BusinessId) -> Result<Business, Refusal> {
    let shown: OneBusiness = api.get(&format!("/api/businesses/{id}"), &()).await?;
    Ok(shown.business)
}

fn choice(id: BusinessId, name: &str, chosen: &str) -> Choice {
    let id = id.to_string();
    Choice { is_chosen: id == chosen, name: name.to_owned(), id }
}

fn sorted(choices: impl Iterator<Item = Choice>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = choices.collect();
    choices.sort_by_key(|choice| (choice.name.to_lowercase(), choice.id.clone()));
    choices
}
