//! Addresses of pages: with a query where there is something to say, and where a visitor may be sent back to.

/// A page's address with the parameters that are not empty.
pub(crate) fn link(path: &str, query: &[(&str, &str)]) -> String {
    let said: Vec<_> = query.iter().filter(|(_, value)| !value.is_empty()).collect();
    let query = serde_urlencoded::to_string(said).unwrap_or_default();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The longest address that is kept to come back to, in bytes.
const OWN_PAGE_MAX: usize = 2048;

/// Where to go next, if that is a page of the dashboard. Nothing that leads to another site, or to a path that changes
/// something, comes through: what stands in a link may have been written by anybody.
pub(crate) fn own_page(next: &str) -> Option<&str> {
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let section = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    // Browsers read an escaped dot as one.
    let dotless = path.to_ascii_lowercase().replace("%2e", ".");
    let is_ours = path.starts_with('/')
        && matches!(section, "dashboard" | "operator")
        && !path.contains("//")
        && !dotless.split('/').any(|part| part == "..");
    (is_plain && is_ours && next.len() <= OWN_PAGE_MAX).then_some(next)
}

/// One link of the row below a section's heading.
pub(crate) struct Tab {
    pub(crate) address: String,
    pub(crate) text: &'static str,
    pub(crate) is_here: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_left_out() {
        assert_eq!(link("/dashboard/funds", &[("currency", ""), ("status", "")]), "/dashboard/funds");
        assert_eq!(link("/a", &[("q", "a&b"), ("status", "x")]), "/a?q=a%26b&status=x");
    }

    #[test]
    fn visitors_are_sent_to_pages_of_ours_alone() {
        for next in [
            "/dashboard/numbers/buy?number=%2B14155550123",
            "/dashboard/funds",
            "/dashboard",
            "/operator/orders",
        ] {
            assert_eq!(own_page(next), Some(next));
        }
        let foreign =
            ["https://evil.example/dashboard/", "//evil.example/dashboard/", "/dashboard//evil.example"];
        let odd = [
            "/sign-out",
            "/dashboards",
            "/dashboard/%2e%2E/sign-out",
            "/dashboard/../sign-out",
            "/dashboard/\\evil",
            "/dashboard/a\r\nb",
            "",
            "dashboard/",
        ];
        for next in foreign.into_iter().chain(odd) {
            assert_eq!(own_page(next), None, "{next}");
        }
    }
}
