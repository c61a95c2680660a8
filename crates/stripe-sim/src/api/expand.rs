//! `expand[]`: identifiers in an answer are replaced by the objects that they name, as deep as is asked for.

use serde_json::Value;

use crate::{books::Books, refusal::Refusal};

/// Stripe goes four levels down.
const DEPTH_MAX: usize = 4;

/// What can be expanded anywhere. `data` leads into the rows of a list.
const NAMES: &[&str] = &[
    "data",
    "balance_transaction",
    "charge",
    "customer",
    "failure_balance_transaction",
    "latest_charge",
    "line_items",
    "payment_intent",
    "payment_method",
    "setup_intent",
];

/// Refuses what can never be expanded.
pub(super) fn check(paths: &[String]) -> Result<(), Refusal> {
    for path in paths {
        let depth = path.split('.').filter(|name| *name != "data").count();
        if depth > DEPTH_MAX {
            let message = format!("You cannot expand more than {DEPTH_MAX} levels of a property ({path}).");
            return Err(Refusal::invalid(None, message).about("expand"));
        }
        if let Some(name) = path.split('.').find(|name| !NAMES.contains(name)) {
            return Err(not_expandable(name));
        }
    }
    Ok(())
}

/// Expands an answer.
pub(super) fn expand(books: &Books, value: &mut Value, paths: &[String]) -> Result<(), Refusal> {
    paths.iter().try_for_each(|path| walk(books, value, path))
}

fn walk(books: &Books, value: &mut Value, path: &str) -> Result<(), Refusal> {
    if let Value::Array(rows) = value {
        return rows.iter_mut().try_for_each(|row| walk(books, row, path));
    }
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let Value::Object(fields) = value else { return Err(not_expandable(name)) };
    if name == "line_items" && !fields.contains_key(name) {
        let session = fields.get("id").and_then(Value::as_str).and_then(|id| books.sessions.get(id));
        let items = session.ok_or_else(|| not_expandable(name))?.line_items_view();
        fields.insert(name.to_owned(), items);
    }
    let field = fields.get_mut(name).ok_or_else(|| not_expandable(name))?;
    if let Value::String(id) = field {
        *field = books.view(id).ok_or_else(|| not_expandable(name))?;
    }
    match rest {
        Some(rest) if !field.is_null() => walk(books, field, rest),
        _ => Ok(()),
    }
}

fn not_expandable(name: &str) -> Refusal {
    Refusal::invalid(None, format!("This property cannot be expanded ({name}).")).about("expand")
}
