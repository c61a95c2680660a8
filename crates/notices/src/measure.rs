//! What is measured of notices. The crate speaks to whatever recorder its host installs.

use metrics::{counter, describe_counter};

use crate::{MailState, NoticeBody};

const NOTICES: &str = "trunkline_notices_total";
const MAIL: &str = "trunkline_notice_mail_total";

/// What became of an attempt to send mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    Sent,
    Deferred,
    Failed,
}

impl Attempt {
    const ALL: [Self; 3] = [Self::Sent, Self::Deferred, Self::Failed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
        }
    }
}

/// Tells the installed recorder what this crate's metrics mean. Every count starts at zero, so that the first one is a
/// rise.
pub fn describe_metrics() {
    for kind in NoticeBody::KINDS {
        for mail in [MailState::Waiting, MailState::NoAddress, MailState::NotConfigured] {
            counter!(NOTICES, "kind" => kind, "mail" => mail.as_str()).increment(0);
        }
        for attempt in Attempt::ALL {
            counter!(MAIL, "kind" => kind, "outcome" => attempt.as_str()).increment(0);
        }
    }
    describe_counter!(
        NOTICES,
        "Notices to customers that this process has stored, by kind and by what becomes of their mail."
    );
    describe_counter!(MAIL, "Attempts to send the mail of a notice, by what came of them.");
}

/// A notice was stored.
pub(crate) fn noticed(body: &NoticeBody, mail: MailState) {
    counter!(NOTICES, "kind" => body.kind(), "mail" => mail.as_str()).increment(1);
}

/// Mail was offered to a server.
pub(crate) fn sent(kind: &'static str, attempt: Attempt) {
    counter!(MAIL, "kind" => kind, "outcome" => attempt.as_str()).increment(1);
}
