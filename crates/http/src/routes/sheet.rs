//! Files of CSV, sent while they are read.

use std::error::Error;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use trunkline_tenancy::{AuditExport, TenancyStoreError};
use trunkline_wallet::{StatementSheet, TransactionSheet, WalletStoreError};

use crate::problem::Problem;

/// A file that comes in parts.
pub(super) trait Sheet: Send + 'static {
    /// Why it does not go on.
    type Failure: Error + Send + Sync + 'static;

    /// The next part; `None` at the end of the file.
    fn part(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, Self::Failure>> + Send;
}

impl Sheet for AuditExport {
    type Failure = TenancyStoreError;

    async fn part(&mut self) -> Result<Option<Vec<u8>>, TenancyStoreError> {
        self.next().await
    }
}

impl Sheet for StatementSheet {
    type Failure = WalletStoreError;

    async fn part(&mut self) -> Result<Option<Vec<u8>>, WalletStoreError> {
        self.next().await
    }
}

impl Sheet for TransactionSheet {
    type Failure = WalletStoreError;

    async fn part(&mut self) -> Result<Option<Vec<u8>>, WalletStoreError> {
        self.next().await
    }
}

/// A file under a name. What fails before the first part is a problem as any other; what fails after it breaks the
/// connection off, so that no client takes the half for the whole.
pub(super) async fn send<S: Sheet>(mut sheet: S, name: &str) -> Result<Response, Problem>
where
    Problem: From<S::Failure>,
{
    let first = sheet.part().await?.unwrap_or_default();
    let (known, named) = (name.to_owned(), format!("attachment; filename=\"{name}\""));
    let later = stream::try_unfold((sheet, known), |(mut sheet, name)| async move {
        let part = sheet.part().await.inspect_err(|error| {
            tracing::warn!(error = error as &dyn Error, file = name, "a file of CSV is broken off");
        })?;
        Ok::<_, S::Failure>(part.map(|part| (part, (sheet, name))))
    });
    let whole = stream::once(async { Ok(first) }).chain(later);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, named),
    ];
    Ok((headers, Body::from_stream(whole)).into_response())
}
