//! The header `Stripe-Signature`: `t=<seconds>,v1=<HMAC-SHA256>`, over the time, a dot and the body as it is sent.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs a body, once for each secret: a receiver that changes secrets knows the old or the new one. An empty list
/// gives a header that nobody accepts.
pub fn sign(body: &str, secrets: &[String], at: i64) -> String {
    let signatures = secrets.iter().filter_map(|secret| {
        // A key of any length is a key.
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        mac.update(at.to_string().as_bytes());
        mac.update(b".");
        mac.update(body.as_bytes());
        Some(format!(",v1={}", hex::encode(mac.finalize().into_bytes())))
    });
    format!("t={at}{}", signatures.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_signs() {
        // `printf '12.body' | openssl dgst -sha256 -hmac whsec_one`, and the same with whsec_two.
        let header = sign("body", &["whsec_one".to_owned(), "whsec_two".to_owned()], 12);
        assert_eq!(
            header,
            "t=12,v1=9fca22c9e321bbda85440cf933eecbff3763c0770a67f24da4340c1e779977cb,v1=db881336fee24058d034baabebe314d697be338e17e47da27e39aad2c3910709"
        );
        assert_eq!(sign("body", &[], 12), "t=12");
    }
}
