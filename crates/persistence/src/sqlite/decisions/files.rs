//! Everything that the database has under one name.

use trunkline_provisioning::port::{FILES_MAX, NumberFile, NumberFiles, NumberName, OrphanFile};

use crate::codec::text;
use crate::columns::{number_columns, orphan_columns};
use crate::error::{Failure, Fault};
use crate::row::{NumberRow, OrphanRow};
use crate::sqlite::SqliteStore;

/// Which rows a name means; each is null but one.
struct Names {
    id: Option<String>,
    sid: Option<String>,
    phone: Option<String>,
}

impl Names {
    fn of(name: &NumberName) -> Self {
        let nothing = Self { id: None, sid: None, phone: None };
        match name {
            NumberName::Id(id) => Self { id: Some(text(id)), ..nothing },
            NumberName::Sid(sid) => Self { sid: Some(text(sid)), ..nothing },
            NumberName::Phone(phone) => Self { phone: Some(phone.as_str().to_owned()), ..nothing },
        }
    }
}

impl SqliteStore {
    pub(super) async fn find_files(&self, name: &NumberName) -> Result<NumberFiles, Failure> {
        let names = Names::of(name);
        let mut moment = self.readers.moment().await?;
        let rows: Vec<NumberRow> = sqlx::query_as(concat!(
            "SELECT ",
            number_columns!(),
            " FROM business_numbers WHERE id = ?1 OR twilio_sid = ?2 OR phone_number = ?3
              ORDER BY created_at DESC, id DESC LIMIT ?4"
        ))
        .bind(&names.id)
        .bind(&names.sid)
        .bind(&names.phone)
        .bind(FILES_MAX)
        .fetch_all(&mut *moment)
        .await?;
        let orphans: Vec<OrphanRow> = sqlx::query_as(concat!(
            "SELECT ",
            orphan_columns!(),
            " FROM orphan_release WHERE twilio_sid = ?1 OR phone_number = ?2
              ORDER BY created_at DESC, twilio_sid LIMIT ?3"
        ))
        .bind(&names.sid)
        .bind(&names.phone)
        .bind(FILES_MAX)
        .fetch_all(&mut *moment)
        .await?;
        moment.rollback().await?;
        Ok(NumberFiles {
            numbers: rows.iter().map(NumberRow::file).collect::<Result<Vec<NumberFile>, Fault>>()?,
            orphans: orphans.iter().map(OrphanRow::file).collect::<Result<Vec<OrphanFile>, Fault>>()?,
        })
    }

    pub(super) async fn find_orphans_in_review(&self, limit: u16) -> Result<Vec<OrphanFile>, Failure> {
        let mut connection = self.readers.one().await?;
        let rows: Vec<OrphanRow> = sqlx::query_as(concat!(
            "SELECT ",
            orphan_columns!(),
            " FROM orphan_release WHERE state = 'review' ORDER BY updated_at, twilio_sid LIMIT ?1"
        ))
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(OrphanRow::file).collect::<Result<_, Fault>>()?)
    }
}
