//! The beginning, the use and the end of sessions, and the links that begin one.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::types::Json;
use trunkline_domain::{Change, SessionId, SignInAccountId};
use trunkline_sessions::{
    BeginAnswer, Ended, Ending, LinkCreation, LiveSession, Proof, SecretHash, SessionEnding, SessionStart,
    SessionTimes, SessionView,
};

use super::unknown_outcome;
use crate::codec::{optional_text, text};
use crate::error::{Failure, Fault};
use crate::postgres::PostgresStore;
use crate::postgres::cells::interval;
use crate::row::{LiveSessionRow, SessionRow};

impl PostgresStore {
    pub(super) async fn begin_session(&self, change: &Change<SessionStart>) -> Result<BeginAnswer, Failure> {
        let start = &change.body;
        let (email, link) = match start.proof {
            Proof::Password { email } => (Some(email), None),
            Proof::Oidc => (None, None),
            Proof::Link { link } => (None, Some(link)),
        };
        let query = sqlx::query_as(
            "SELECT outcome
             FROM trunkline.begin_session_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(start.session.as_uuid())
        .bind(text(start.token))
        .bind(start.account.as_uuid())
        .bind(start.revision)
        .bind(start.proof.method().as_str())
        .bind(optional_text(email))
        .bind(optional_text(link))
        .bind(optional_text(start.replaces.as_ref()))
        .bind(optional_text(start.address))
        .bind(start.user_agent.as_deref())
        .bind(Json(&change.events))
        .bind(Json(&change.audit))
        .bind(self.lease_time.given());
        let (outcome,): (String,) = self.pool.change(query).await?;
        match outcome.as_str() {
            "begun" => Ok(BeginAnswer::Begun),
            "closed" => Ok(BeginAnswer::Closed),
            "link_spent" => Ok(BeginAnswer::LinkSpent),
            other => Err(unknown_outcome("begin_session_1", other)),
        }
    }

    pub(super) async fn find_live_session(
        &self,
        token: &SecretHash,
        times: SessionTimes,
    ) -> Result<Option<LiveSession>, Failure> {
        let query = sqlx::query_as(
            "WITH clock AS MATERIALIZED (SELECT trunkline.lease_time_1($2) AS now)
             SELECT held.id, held.account_id, held.method, held.started_at, held.last_seen_at, holder.email,
                    holder.subject, holder.user_id, holder.key_id, opening.scopes AS key_scopes,
                    opening.expires_at AS key_expires_at, clock.now AS read_at
             FROM trunkline.session held
             CROSS JOIN clock
             JOIN trunkline.sign_in_account holder ON holder.id = held.account_id
             LEFT JOIN trunkline.api_keys opening ON opening.id = holder.key_id
             WHERE held.token_hash = $1 AND held.last_seen_at > clock.now - $3
               AND held.started_at > clock.now - $4 AND holder.disabled_at IS NULL
               AND (holder.key_id IS NULL
                    OR opening.revoked_at IS NULL
                       AND (opening.expires_at IS NULL OR opening.expires_at > clock.now))",
        )
        .bind(text(token))
        .bind(self.lease_time.given())
        .bind(interval(times.idle))
        .bind(interval(times.max));
        let row: Option<LiveSessionRow> = self.pool.find(query).await?;
        Ok(row.map(|row| row.session()).transpose()?)
    }

    pub(super) async fn note_session_use(&self, session: SessionId, pause: TimeDelta) -> Result<(), Failure> {
        let query = sqlx::query_as(
            "WITH clock AS MATERIALIZED (SELECT trunkline.lease_time_1($2) AS now)
             UPDATE trunkline.session SET last_seen_at = clock.now FROM clock
             WHERE id = $1 AND last_seen_at <= clock.now - $3 RETURNING method",
        )
        .bind(session.as_uuid())
        .bind(self.lease_time.given())
        .bind(interval(pause.to_std().unwrap_or_default()));
        let _: Vec<(String,)> = self.pool.take(query).await?;
        Ok(())
    }

    pub(super) async fn find_sessions(
        &self,
        account: SignInAccountId,
        times: SessionTimes,
    ) -> Result<Vec<SessionView>, Failure> {
        let query = sqlx::query_as(
            "WITH clock AS MATERIALIZED (SELECT trunkline.lease_time_1($2) AS now)
             SELECT id, method, started_at, last_seen_at, address, user_agent
             FROM trunkline.session CROSS JOIN clock
             WHERE account_id = $1 AND last_seen_at > clock.now - $3 AND started_at > clock.now - $4
             ORDER BY started_at DESC, id DESC",
        )
        .bind(account.as_uuid())
        .bind(self.lease_time.given())
        .bind(interval(times.idle))
        .bind(interval(times.max));
        let rows: Vec<SessionRow> = self.pool.list(query).await?;
        Ok(rows.iter().map(SessionRow::view).collect::<Result<_, Fault>>()?)
    }

    pub(super) async fn end_sessions(&self, change: &Change<SessionEnding>) -> Result<Ended, Failure> {
        let SessionEnding { account, which } = change.body;
        let (one, keep) = match which {
            Ending::One(session) => (Some(session), None),
            Ending::AllBut(session) => (None, Some(session)),
            Ending::All => (None, None),
        };
        let query = sqlx::query_as("SELECT trunkline.end_sessions_1($1, $2, $3, $4, $5)")
            .bind(account.as_uuid())
            .bind(one.map(|session| session.as_uuid()))
            .bind(keep.map(|session| session.as_uuid()))
            .bind(Json(&change.events))
            .bind(Json(&change.audit));
        let (ended,): (i64,) = self.pool.change(query).await?;
        Ok(Ended(ended.unsigned_abs()))
    }

    pub(super) async fn add_sign_in_link(
        &self,
        change: &Change<LinkCreation>,
    ) -> Result<Option<DateTime<Utc>>, Failure> {
        let LinkCreation { link, account, lives } = change.body;
        let query = sqlx::query_as("SELECT trunkline.create_sign_in_link_1($1, $2, $3, $4, $5, $6)")
            .bind(text(link))
            .bind(account.as_uuid())
            .bind(interval(lives))
            .bind(Json(&change.events))
            .bind(Json(&change.audit))
            .bind(self.lease_time.given());
        let (end,): (Option<DateTime<Utc>>,) = self.pool.change(query).await?;
        Ok(end)
    }
}
