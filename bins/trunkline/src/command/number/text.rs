//! Numbers in words: a line each in lists, everything about one.

use std::fmt::{Display, Write as _};

use trunkline_domain::OwnedNumber;
use trunkline_provider::{ProviderError, ProviderNumber};
use trunkline_provisioning::port::{NumberFile, OrphanFile};
use trunkline_provisioning::{Advice, AtProvider, Marker, NumberDossier};

use super::stage;

/// One line of a list.
pub(super) fn row(number: &OwnedNumber) -> String {
    let sid = number.identity.as_ref().map_or("recorded", |identity| identity.number.as_str());
    let status = number.status.as_str();
    format!("{}  {status:<10}  {}  {}  {sid}", number.id, number.phone_number, number.user)
}

/// An orphan's line of a list.
pub(super) fn orphan(file: &OrphanFile) -> String {
    let orphan = &file.orphan;
    let sid = &orphan.identity.number;
    format!("orphan {sid}  {}  {}  of order {}", stage(file.stage), orphan.phone_number, orphan.order)
}

/// Everything about a number.
pub(super) fn dossier(dossier: &NumberDossier) -> String {
    let mut lines = Lines::default();
    for file in &dossier.files.numbers {
        lines.file(file);
    }
    if dossier.files.numbers.is_empty() {
        lines.line("number", &"no row of ours has it");
    }
    for file in &dossier.files.orphans {
        lines.line("orphan", &file.orphan.identity.number);
        lines.line("release", &format!("{}, {} attempts", stage(file.stage), file.attempts));
        lines.line("order", &format!("{} (failed)", file.orphan.order));
    }
    lines.at_provider(&dossier.at_provider);
    if let Some(Marker { deployment, order }) = dossier.marker {
        let state =
            dossier.marked_order.as_ref().map_or("not in this database", |order| order.state.as_str());
        lines.line("marker", &format!("order {order} ({state}) of deployment {deployment}"));
    }
    if let Advice::Settings(differences) = &dossier.advice {
        for difference in differences {
            lines.line("drifted", &crate::command::reconcile::difference(difference));
        }
    }
    lines.line("what to do", &dossier.advice.to_do());
    lines.0
}

/// Lines of a name and a value.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, name: &str, value: &dyn Display) {
        let separator = if self.0.is_empty() { "" } else { "\n" };
        // Writing to a string does not fail.
        let _ = write!(self.0, "{separator}{name:<14}{value}");
    }

    fn optional(&mut self, name: &str, value: Option<&impl Display>) {
        if let Some(value) = value {
            self.line(name, value);
        }
    }

    fn file(&mut self, NumberFile { number, release_attempts }: &NumberFile) {
        self.line("number", &number.id);
        self.line("phone number", &number.phone_number);
        self.line("status", &number.status.as_str());
        self.optional("waits because", number.review.map(trunkline_domain::ReviewReason::as_str).as_ref());
        if *release_attempts > 0 {
            self.line("attempts", &format!("{release_attempts} to release it"));
        }
        self.line("user", &number.user);
        self.optional("business", number.business.as_ref());
        self.line("name", &number.display_name);
        self.line("type", &format!("{} {}", number.country, number.kind.as_str()));
        self.line("a month", &number.monthly_cost);
        self.optional("order", number.order.as_ref());
        match &number.identity {
            Some(identity) => {
                self.line("account", &identity.account);
                self.line("sid", &identity.number);
            }
            None => self.line("recorded at", &number.provider),
        }
        self.optional("calls to", number.webhooks.voice_url.as_ref());
        self.optional("texts to", number.webhooks.sms_url.as_ref());
        self.line("since", &number.purchased_at.to_rfc3339());
        self.line("changed", &number.updated_at.to_rfc3339());
    }

    fn at_provider(&mut self, at_provider: &AtProvider) {
        match at_provider {
            AtProvider::Held(found) => self.held(found),
            AtProvider::Absent { account } => {
                self.line("at provider", &format!("account {account} does not have it"));
            }
            AtProvider::NotAsked => self.line("at provider", &"nothing to ask for"),
            AtProvider::Unknown(error) => self.line("at provider", &unknown(error)),
        }
    }

    fn held(&mut self, found: &ProviderNumber) {
        let nothing = || "nothing".to_owned();
        let webhooks = &found.webhooks;
        self.line("at provider", &format!("account {} has it", found.identity.account));
        self.line("  sid", &found.identity.number);
        self.line("  called", &format!("\"{}\"", found.friendly_name));
        self.line("  calls to", &webhooks.voice_url.clone().unwrap_or_else(nothing));
        self.line("  texts to", &webhooks.sms_url.clone().unwrap_or_else(nothing));
        self.line("  since", &found.date_created.to_rfc3339());
    }
}

fn unknown(error: &ProviderError) -> String {
    format!("not known: {error}")
}
