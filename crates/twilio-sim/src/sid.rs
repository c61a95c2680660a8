//! Identifiers as Twilio makes them: two letters that say what it is, then 32 hexadecimal digits.

/// A new identifier; 128 random bits, so it never comes twice.
pub(crate) fn fresh(prefix: &str) -> String {
    format!("{prefix}{:032x}", rand::random::<u128>())
}

/// Whether the text has the shape of an identifier with this prefix.
pub(crate) fn is_sid(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_identifier_has_the_shape_of_one() {
        let sid = fresh("PN");
        assert!(is_sid("PN", &sid), "{sid}");
        assert!(!is_sid("AC", &sid));
        assert!(!is_sid("PN", "PN123"));
        assert_ne!(sid, fresh("PN"));
    }
}
