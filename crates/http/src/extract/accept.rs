//! What a client accepts that says it by the `Accept` header.

use axum::http::{HeaderMap, header};

/// Of what there is, that which a client names before anything else. Weights are not looked at: clients that send some name what
/// they want first. What there is comes as media ranges in small letters.
pub(crate) fn first_accepted<F: Copy>(headers: &HeaderMap, offered: &[(&str, F)]) -> Option<F> {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|line| line.split(',')).map(|range| {
        let kind = range.split(';').next().unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    });
    kinds.find_map(|kind| offered.iter().find(|(name, _)| *name == kind).map(|(_, form)| *form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_accepted_first_is_given() {
        let offered = [("text/csv", "csv"), ("application/json", "json"), ("*/*", "json")];
        for (accepted, form) in [
            ("text/csv", Some("csv")),
            ("Text/CSV; charset=utf-8", Some("csv")),
            ("text/html, text/csv;q=0.9, */*;q=0.1", Some("csv")),
            ("application/json, text/csv", Some("json")),
            ("*/*", Some("json")),
            ("image/png", None),
            ("", None),
        ] {
            let headers = [(header::ACCEPT, accepted.parse().unwrap())].into_iter().collect();
            assert_eq!(first_accepted(&headers, &offered), form, "{accepted}");
        }
    }
}
