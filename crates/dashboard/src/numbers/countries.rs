//! Countries by name, for choosing among them.

/// A country to choose.
pub(crate) struct CountryChoice {
    /// Its ISO 3166-1 alpha-2 code.
    pub(crate) code: String,
    /// Its name.
    pub(crate) name: String,
    pub(crate) is_chosen: bool,
}

/// The name of a country; its code where that is none.
pub(crate) fn country_name(code: &str) -> String {
    rust_iso3166::from_alpha2(code).map_or_else(|| code.to_owned(), |country| country.name.to_owned())
}

/// These countries by name, each once.
pub(crate) fn choices(codes: impl IntoIterator<Item = String>, chosen: &str) -> Vec<CountryChoice> {
    let mut codes: Vec<String> = codes.into_iter().collect();
    codes.sort();
    codes.dedup();
    let choice = |code: String| CountryChoice {
        name: country_name(&code),
        is_chosen: code.eq_ignore_ascii_case(chosen),
        code,
    };
    let mut choices: Vec<CountryChoice> = codes.into_iter().map(choice).collect();
    choices.sort_by(|one, other| one.name.cmp(&other.name));
    choices
}

/// All countries by name.
pub(crate) fn all(chosen: &str) -> Vec<CountryChoice> {
    choices(rust_iso3166::ALL.iter().map(|country| country.alpha2.to_owned()), chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_stand_by_name_and_once() {
        let codes = ["US", "GB", "CA", "US"].map(ToOwned::to_owned);
        let chosen: Vec<_> =
            choices(codes, "gb").into_iter().map(|choice| (choice.code, choice.is_chosen)).collect();
        let expected = [("CA", false), ("GB", true), ("US", false)].map(|(code, is)| (code.to_owned(), is));
        assert_eq!(chosen, expected);
        assert_eq!((country_name("FR"), country_name("??")), ("France".to_owned(), "??".to_owned()));
        assert!(all("").len() > 200);
    }
}
