//! A page as a browser gets it.

use axum::http::{HeaderMap, StatusCode, header};

/// An answer to a browser.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Page {
    /// Where the browser is sent.
    #[track_caller]
    pub(crate) fn leads_to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// What a person reads: the text without tags, in one line.
    pub(crate) fn text(&self) -> String {
        let main = self.html.split_once("<main").map_or(self.html.as_str(), |(_, main)| main);
        let mut text = String::new();
        let mut tag = true;
        for letter in main.chars() {
            match letter {
                '<' => tag = true,
                '>' => {
                    tag = false;
                    text.push(' ');
                }
                letter if !tag => text.push(letter),
                _ => {}
            }
        }
        let escaped = [("&#39;", "'"), ("&#34;", "\""), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
        let text = escaped.into_iter().fold(text, |text, (code, letter)| text.replace(code, letter));
        text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".")
    }

    /// The page says it.
    #[track_caller]
    pub(crate) fn says(&self, sentence: &str) -> &Self {
        assert!(self.text().contains(sentence), "{sentence:?} is not in {:?}", self.text());
        self
    }

    /// The page does not say it.
    #[track_caller]
    pub(crate) fn says_not(&self, sentence: &str) -> &Self {
        assert!(!self.text().contains(sentence), "{sentence:?} is in {:?}", self.text());
        self
    }

    /// It is a page of this status.
    #[track_caller]
    pub(crate) fn is(&self, status: StatusCode) -> &Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// What stands in an input of a form.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> &str {
        let begin = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.html.split_once(&begin).unwrap_or_else(|| panic!("no {name} in {}", self.html));
        rest.split_once('"').unwrap().0
    }
}
