//! Whether an address leads to a page of ours. Whatever a browser is sent on to, after signing in or paying, came with a request
//! and is asked here.

/// The longest that is kept, in bytes.
const MAX: usize = 2048;

/// The path and query, if they lead to a page of this server. Browsers read `\` as `/`, and leave tabs and line ends out.
pub(crate) fn path(text: &str) -> Option<&str> {
    let is_ours = text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= MAX
        && !text.chars().any(|c| c == '\\' || c.is_control());
    is_ours.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for ours in ["/", "/dashboard/funds?amount=2.50&next=%2Fdashboard", "/dashboard/numbers/a//b"] {
            assert_eq!(path(ours), Some(ours));
        }
        let long = format!("/{}", "a".repeat(MAX));
        for theirs in [
            "",
            "dashboard",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            &long,
        ] {
            assert_eq!(path(theirs), None, "{theirs}");
        }
    }
}
