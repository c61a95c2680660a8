//! Everything that the database has under one name.

use trunkline_provisioning::port::{FILES_MAX, NumberFile, NumberFiles, NumberName, OrphanFile};

use crate::columns::{number_columns, orphan_columns};
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::row::{NumberRow, OrphanRow};

impl PostgresStore {
    /// The rows first, the orphans after them: an orphan never becomes a row, nor the other way round.
    pub(super) async fn find_files(&self, name: &NumberName) -> Result<NumberFiles, Failure> {
        let (id, sid, phone) = match name {
            NumberName::Id(id) => (Some(id.as_uuid()), None, None),
            NumberName::Sid(sid) => (None, Some(sid.as_str()), None),
            NumberName::Phone(phone) => (None, None, Some(phone.as_str())),
        };
        let query = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM trunkline.business_numbers WHERE id = $1 OR twilio_sid = $2 OR phone_number = $3
              ORDER BY created_at DESC, id DESC LIMIT $4"
        ))
        .bind(id)
        .bind(sid)
        .bind(phone)
        .bind(i64::from(FILES_MAX));
        let rows: Vec<NumberRow> = self.pool.list(query).await?;
        let query = sqlx::query_as(concat!(
            "SELECT ",
            orphan_columns!(),
            " FROM trunkline.orphan_release WHERE twilio_sid = $1 OR phone_number = $2
              ORDER BY created_at DESC, twilio_sid LIMIT $3"
        ))
        .bind(sid)
        .bind(phone)
        .bind(i64::from(FILES_MAX));
        let orphans: Vec<OrphanRow> = self.pool.list(query).await?;
        Ok(NumberFiles {
            numbers: rows.iter().map(NumberRow::file).collect::<Result<Vec<NumberFile>, Fault>>()?,
            orphans: orphans.iter().map(OrphanRow::file).collect::<Result<Vec<OrphanFile>, Fault>>()?,
        })
    }

    pub(super) async fn find_orphans_in_review(&self, limit: u16) -> Result<Vec<OrphanFile>, Failure> {
        let query = sqlx::query_as(concat!(
            "SELECT ",
            orphan_columns!(),
            " FROM trunkline.orphan_release WHERE state = 'review' ORDER BY updated_at, twilio_sid LIMIT $1"
        ))
        .bind(i64::from(limit));
        let rows: Vec<OrphanRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(OrphanRow::file).collect::<Result<_, Fault>>()?)
    }
}
