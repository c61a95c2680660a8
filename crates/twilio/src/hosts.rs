//! Where Twilio's APIs are served: by default, at an edge of a region, or at a stand-in.
//!
//! Twilio serves each product under a host name of its own (`api`, `numbers`, `pricing`), and each of them at every
//! edge as `product.edge.region.twilio.com`. Only the first is configured; the others are derived from it.

use url::Url;

/// Twilio's domain.
const DOMAIN: &str = "twilio.com";
/// The region of whoever names none (Twilio's page on regions and edges).
const HOME_REGION: &str = "us1";

/// A host of Twilio's that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Not the name of a region.
    #[error("`{0}` is not a Twilio region: a region is a short name such as ie1 or au1")]
    Region(String),
    /// Not the name of an edge.
    #[error("`{0}` is not a Twilio edge: an edge is a place such as dublin or sydney")]
    Edge(String),
    /// A region without an edge, in settings or as a host's name.
    #[error(
        "Twilio no longer serves region {0} under the short name api.{0}.twilio.com: set an edge as well \
         (dublin for ie1, sydney for au1), so that the host is api.<edge>.{0}.twilio.com"
    )]
    EdgeMissing(String),
}

/// The base URL of an edge of a region: `api.dublin.ie1.twilio.com`. An edge alone leads to the home region us1, and
/// neither to `api.twilio.com`. Credentials belong to one region.
pub fn regional_base_url(region: Option<&str>, edge: Option<&str>) -> Result<Url, HostError> {
    if let Some(region) = region.filter(|region| !is_region(region)) {
        return Err(HostError::Region(region.to_owned()));
    }
    if let Some(edge) = edge.filter(|edge| !is_edge(edge)) {
        return Err(HostError::Edge(edge.to_owned()));
    }
    match (region, edge) {
        (None | Some(HOME_REGION), None) => Ok(url_of(&format!("api.{DOMAIN}"))),
        (Some(region), None) => Err(HostError::EdgeMissing(region.to_owned())),
        (region, Some(edge)) => Ok(url_of(&format!("api.{edge}.{}.{DOMAIN}", region.unwrap_or(HOME_REGION)))),
    }
}

/// Refuses a base URL with one of Twilio's short regional names, `https://api.ie1.twilio.com`, and no other.
pub fn check_base_url(base_url: &Url) -> Result<(), HostError> {
    match twilio_labels(base_url).as_deref() {
        Some([_, region]) if is_region(region) && *region != HOME_REGION => {
            Err(HostError::EdgeMissing((*region).to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}

/// The base URLs of the three products that we use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hosts {
    /// Accounts, numbers, addresses.
    pub(crate) api: Url,
    /// Regulatory compliance.
    pub(crate) numbers: Url,
    /// Prices.
    pub(crate) pricing: Url,
}

impl Hosts {
    /// The hosts that go with an API host. Whatever is not Twilio's own `api.…` stands in for all three.
    pub(crate) fn beside(base_url: &Url) -> Self {
        let sibling = |product: &str| match twilio_labels(base_url).as_deref() {
            Some(["api", place @ ..]) => {
                let labels: Vec<_> = [product].into_iter().chain(place.iter().copied()).collect();
                let mut url = base_url.clone();
                let renamed = url.set_host(Some(&format!("{}.{DOMAIN}", labels.join("."))));
                if renamed.is_ok() { url } else { base_url.clone() }
            }
            Some(_) | None => base_url.clone(),
        };
        Self { api: base_url.clone(), numbers: sibling("numbers"), pricing: sibling("pricing") }
    }
}

/// What stands before Twilio's domain in a host's name; `None` for a host of somebody else's.
fn twilio_labels(url: &Url) -> Option<Vec<&str>> {
    let name = url.domain()?.strip_suffix(DOMAIN)?.strip_suffix('.')?;
    Some(name.split('.').collect())
}

fn is_region(text: &str) -> bool {
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    (2..=6).contains(&text.len())
        && (1..text.len()).contains(&letters.len())
        && letters.bytes().all(|b| b.is_ascii_lowercase())
}

fn is_edge(text: &str) -> bool {
    (2..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[expect(clippy::expect_used, reason = "the name's parts were checked; tests cover every shape")]
fn url_of(host: &str) -> Url {
    Url::parse(&format!("https://{host}")).expect("a host of checked parts")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, None, "https://api.twilio.com/")]
    #[case(Some("us1"), None, "https://api.twilio.com/")]
    #[case(None, Some("ashburn"), "https://api.ashburn.us1.twilio.com/")]
    #[case(Some("ie1"), Some("dublin"), "https://api.dublin.ie1.twilio.com/")]
    #[case(Some("br1"), Some("sao-paulo"), "https://api.sao-paulo.br1.twilio.com/")]
    fn a_region_and_an_edge_make_a_host(
        #[case] region: Option<&str>,
        #[case] edge: Option<&str>,
        #[case] url: &str,
    ) {
        assert_eq!(regional_base_url(region, edge).unwrap().as_str(), url);
    }

    #[rstest]
    #[case(Some("ie1"), None, "set an edge")]
    #[case(Some("Ireland"), Some("dublin"), "not a Twilio region")]
    #[case(Some("ie1.evil.example/"), Some("dublin"), "not a Twilio region")]
    #[case(Some("12"), Some("dublin"), "not a Twilio region")]
    #[case(Some("ie1"), Some("dublin.evil"), "not a Twilio edge")]
    #[case(None, Some("-"), "not a Twilio edge")]
    fn what_makes_no_host_is_refused(
        #[case] region: Option<&str>,
        #[case] edge: Option<&str>,
        #[case] words: &str,
    ) {
        let error = regional_base_url(region, edge).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }

    #[rstest]
    #[case("https://api.twilio.com", "https://numbers.twilio.com/", "https://pricing.twilio.com/")]
    #[case(
        "https://api.dublin.ie1.twilio.com",
        "https://numbers.dublin.ie1.twilio.com/",
        "https://pricing.dublin.ie1.twilio.com/"
    )]
    #[case("http://127.0.0.1:4010/twilio", "http://127.0.0.1:4010/twilio", "http://127.0.0.1:4010/twilio")]
    #[case("https://twilio.example.com", "https://twilio.example.com/", "https://twilio.example.com/")]
    #[case("https://nottwilio.com", "https://nottwilio.com/", "https://nottwilio.com/")]
    fn the_other_products_are_beside_the_api(
        #[case] base: &str,
        #[case] numbers: &str,
        #[case] pricing: &str,
    ) {
        let hosts = Hosts::beside(&Url::parse(base).unwrap());
        assert_eq!((hosts.numbers.as_str(), hosts.pricing.as_str()), (numbers, pricing));
    }

    #[test]
    fn short_regional_names_are_refused_with_the_long_one() {
        let error = check_base_url(&Url::parse("https://api.ie1.twilio.com").unwrap()).unwrap_err();
        assert!(error.to_string().contains("api.<edge>.ie1.twilio.com"), "{error}");
        for good in ["https://api.twilio.com", "https://api.dublin.ie1.twilio.com", "http://127.0.0.1:1"] {
            assert_eq!(check_base_url(&Url::parse(good).unwrap()), Ok(()), "{good}");
        }
    }
}
