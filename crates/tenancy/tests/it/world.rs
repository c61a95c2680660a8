//! What every test needs: a service over a mocked store at a fixed moment, with ids that count up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use trunkline_domain::{Clock, IdSource, Origin, UserId};
use trunkline_tenancy::{MockTenancyStore, Tenancy, TenancyStoreError, User};
use uuid::Uuid;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        noon()
    }
}

#[derive(Default)]
struct Counting(AtomicU64);

impl IdSource for Counting {
    fn next(&self) -> Uuid {
        Uuid::from_u64_pair(0, self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn tenancy(store: MockTenancyStore) -> Tenancy {
    Tenancy::new(Arc::new(store), Arc::new(Noon), Arc::new(Counting::default()))
}

pub(crate) fn maria() -> UserId {
    "maria".parse().unwrap()
}

pub(crate) fn user(id: UserId) -> User {
    User { id, email: None, created_at: noon() }
}

pub(crate) fn origin() -> Origin {
    Origin::command_line()
}

pub(crate) fn unknown() -> TenancyStoreError {
    TenancyStoreError::OutcomeUnknown("the connection went away".into())
}

pub(crate) fn unavailable() -> TenancyStoreError {
    TenancyStoreError::Unavailable("the disk is full".into())
}
