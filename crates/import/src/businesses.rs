//! Businesses, as the original has them. Pure.

use chrono::{DateTime, Utc};
use trunkline_domain::{BusinessId, UserId};
use trunkline_tenancy::{Business, BusinessName};

use crate::OriginalRow;

/// A business that can be moved, with what of it is not quite as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OldBusiness {
    pub(crate) business: Business,
    pub(crate) adjusted: Vec<String>,
}

/// What people call a row.
pub(crate) fn subject(row: &OriginalRow) -> String {
    format!("business {}", row.text(&["id"]).unwrap_or_else(|| "without an id".to_owned()))
}

/// Reads a row, or says why it cannot be moved.
pub(crate) fn read(row: &OriginalRow, user: &UserId, now: DateTime<Utc>) -> Result<OldBusiness, String> {
    let Some(id) = row.uuid(&["id"]) else { return Err("its id is no UUID".to_owned()) };
    let mut adjusted = Vec::new();
    let called = row.text(&["name", "business_name", "display_name"]);
    let name = called.as_deref().and_then(|name| name.parse::<BusinessName>().ok()).or_else(|| {
        let shortened = shortened(called.as_deref().unwrap_or_default());
        let name = shortened.parse().or_else(|_| format!("Business {id}").parse::<BusinessName>()).ok();
        adjusted.extend(name.as_ref().map(|name: &BusinessName| format!("it is named `{name}` here")));
        name
    });
    let Some(name) = name else { return Err("it has no name".to_owned()) };
    let zone = row.text(&["time_zone", "timezone"]);
    let time_zone = zone.as_deref().and_then(|zone| zone.parse().ok());
    if let (Some(zone), None) = (&zone, &time_zone) {
        adjusted.push(format!("its time zone `{zone}` is none of the IANA database, and is left out"));
    }
    let created_at = row.time(&["created_at"]).filter(|at| *at <= now).unwrap_or(now);
    let updated_at =
        row.time(&["updated_at"]).filter(|at| (created_at..=now).contains(at)).unwrap_or(created_at);
    let id = BusinessId::from_uuid(id);
    Ok(OldBusiness {
        business: Business { id, owner: user.clone(), name, time_zone, created_at, updated_at },
        adjusted,
    })
}

/// A name without what no name may have.
fn shortened(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(BusinessName::MAX_CHARS).collect()
}

/// What of a business here is otherwise than the original has it.
pub(crate) fn differences(here: &Business, old: &Business) -> Vec<String> {
    let mut found = Vec::new();
    if here.owner != old.owner {
        found.push(format!("it is {}'s here", here.owner));
    }
    if here.name != old.name {
        found.push(format!("it is named `{}` here, `{}` there", here.name, old.name));
    }
    if here.time_zone != old.time_zone {
        found.push("its time zone is another here".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn business(columns: &serde_json::Value) -> Result<OldBusiness, String> {
        let row = OriginalRow { owner: None, columns: columns.as_object().unwrap().clone() };
        read(&row, &"ann".parse().unwrap(), DateTime::UNIX_EPOCH)
    }

    const ID: &str = "00000000-0000-4000-8000-000000000001";

    #[test]
    fn a_business_keeps_its_id_and_name() {
        let old =
            business(&json!({ "id": ID, "business_name": "Corner Bakery", "timezone": "Asia/Kolkata" }))
                .unwrap();
        assert_eq!((old.business.id.to_string().as_str(), old.business.name.as_str()), (ID, "Corner Bakery"));
        assert_eq!(old.adjusted, Vec::<String>::new());
        assert_eq!(business(&json!({ "id": 7, "name": "x" })), Err("its id is no UUID".to_owned()));
    }

    #[test]
    fn what_no_business_here_can_have_is_said() {
        let old = business(&json!({ "id": ID, "name": "é".repeat(120), "time_zone": "Mars" })).unwrap();
        assert_eq!(old.business.name.as_str().chars().count(), 100);
        assert_eq!(old.adjusted.len(), 2);
        assert_eq!(business(&json!({ "id": ID })).unwrap().business.name.as_str(), format!("Business {ID}"));
    }
}
