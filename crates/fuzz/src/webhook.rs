//! Twilio's webhooks: forms and signatures. What Twilio has signed is accepted in any order of its fields; anything else
//! is not.

use secrecy::SecretString;
use trunkline_twilio::{
    CallWebhook, SignedBody, StatusWebhook, TextWebhook, WebhookForm, sign, verify_signature,
};
use url::form_urlencoded;

/// The input is a path with its query, a signature, and the body, in a line each.
pub(crate) fn run(input: &[u8]) {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (path, claimed) = (String::from_utf8_lossy(line()), String::from_utf8_lossy(line()));
    let body = line();
    let (url, form) = (format!("https://numbers.example/{path}"), WebhookForm::parse(body));
    let token = SecretString::from("12345");
    let signature = sign(&token, &url, SignedBody::Form(form.fields()));

    only_the_right_signature(&url, &form, &token, &signature, &claimed);
    any_order(&url, &form, &token, &signature);
    another_body(&url, body, &form, &token, &signature);
    written_again(&form);
    read(&form);
}

fn only_the_right_signature(
    url: &str,
    form: &WebhookForm,
    token: &SecretString,
    signature: &str,
    claimed: &str,
) {
    let fields = SignedBody::Form(form.fields());
    let (ours, other) = (std::slice::from_ref(token), [SecretString::from("54321")]);
    assert!(verify_signature(ours, url, fields, signature), "the right signature is refused");
    assert!(!verify_signature(&other, url, fields, signature), "another account's token will do");
    assert!(!verify_signature(&[], url, fields, signature), "no token will do");
    if verify_signature(ours, url, fields, claimed) {
        let without_port = sign(token, &url.replacen(".example/", ".example:443/", 1), fields);
        assert!(claimed == signature || claimed == without_port, "{claimed:?} is no signature of ours");
    }
}

fn any_order(url: &str, form: &WebhookForm, token: &SecretString, signature: &str) {
    let mut fields = form.fields().to_vec();
    fields.reverse();
    assert!(verify_signature(std::slice::from_ref(token), url, SignedBody::Form(&fields), signature));
    if let Some(first) = fields.first().cloned() {
        fields.push(first);
    }
    assert!(
        verify_signature(std::slice::from_ref(token), url, SignedBody::Form(&fields), signature),
        "a field that comes twice is signed once"
    );
}

/// A longer form, a longer address and a body that is no form are another request.
fn another_body(url: &str, body: &[u8], form: &WebhookForm, token: &SecretString, signature: &str) {
    let ours = std::slice::from_ref(token);
    let mut more = form.fields().to_vec();
    more.push(("Added".to_owned(), "by a stranger".to_owned()));
    if !form.fields().contains(&more[more.len() - 1]) {
        assert!(!verify_signature(ours, url, SignedBody::Form(&more), signature), "a field was added");
    }
    let elsewhere = url.replacen("example/", "example/x/", 1);
    assert!(!verify_signature(ours, &elsewhere, SignedBody::Form(form.fields()), signature), "another path");
    if !url.contains("bodySHA256") {
        assert!(!verify_signature(ours, url, SignedBody::Raw(body), signature), "a body that nobody signed");
    }
}

/// The pairs that are verified are the pairs that are read.
fn written_again(form: &WebhookForm) {
    let mut written = form_urlencoded::Serializer::new(String::new());
    written.extend_pairs(form.fields());
    assert_eq!(WebhookForm::parse(written.finish().as_bytes()).fields(), form.fields());
}

fn read(form: &WebhookForm) {
    let (call, text, status) = (CallWebhook::from(form), TextWebhook::from(form), StatusWebhook::from(form));
    assert!(call.to == text.to && text.to == status.to, "one form, two numbers");
    if let Some(to) = call.to {
        assert!(form.get("To").is_some_and(|written| written.parse() == Ok(to)));
    }
    assert!(text.body.len() <= form.get("Body").map_or(0, str::len));
}
