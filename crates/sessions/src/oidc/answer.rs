//! Answers of the provider, bounded in size.

use reqwest::{Response, StatusCode};

/// The largest answer that is read, in bytes.
const ANSWER_MAX: usize = 256 * 1024;

/// Why an answer is not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum AnswerError {
    #[error("the identity provider's answer broke off")]
    Transport(#[from] reqwest::Error),
    #[error("the identity provider's answer is larger than {ANSWER_MAX} bytes")]
    TooLarge,
}

pub(super) async fn read(mut response: Response) -> Result<(StatusCode, Vec<u8>), AnswerError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(AnswerError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status(), body))
}
