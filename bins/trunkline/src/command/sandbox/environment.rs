//! `sandbox.env`: what a newcomer's shell needs, one `NAME=value` a line, readable by its owner only.
//!
//! The file is also where the sandbox finds its own keys again: the database keeps only their hashes.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};

/// Its name in the sandbox's folder.
pub(super) const FILE_NAME: &str = "sandbox.env";

/// The file's values. A key that is not there yet is empty.
#[derive(Default)]
pub(super) struct Environment {
    pub server_url: String,
    pub user_key: SecretString,
    pub second_user_key: SecretString,
    pub operator_key: SecretString,
    pub service_key: SecretString,
    pub user_id: String,
    pub business_id: String,
    pub simulator_url: String,
    pub stripe_url: String,
    pub account_sid: String,
    pub auth_token: SecretString,
    /// Where the running sandbox's clocks are moved, and with which token.
    pub control_url: String,
    pub control_token: SecretString,
}

impl Environment {
    /// The keys of an earlier run; empty where there was none.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", file.display())),
        };
        let value = |name: &str| {
            let lines = text.lines().filter_map(|line| line.split_once('='));
            lines
                .filter(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
                .next_back()
                .unwrap_or_default()
        };
        Ok(Self {
            user_key: value("TRUNKLINE_API_KEY").into(),
            second_user_key: value("TRUNKLINE_API_KEY_2").into(),
            operator_key: value("TRUNKLINE_OPERATOR_KEY").into(),
            service_key: value("TRUNKLINE_SERVICE_KEY").into(),
            control_url: value("TRUNKLINE_SANDBOX_CONTROL"),
            control_token: value("TRUNKLINE_SANDBOX_TOKEN").into(),
            ..Self::default()
        })
    }

    /// Writes the file whole: beside it first, then into its place.
    pub(super) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let draft = file.with_extension("env.new");
        let write = || -> std::io::Result<()> {
            let mut out =
                OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
            out.write_all(self.text().as_bytes())?;
            out.sync_all()?;
            std::fs::rename(&draft, file)
        };
        write().with_context(|| format!("{} cannot be written", file.display()))
    }

    fn text(&self) -> String {
        let lines = [
            ("TRUNKLINE_URL", self.server_url.as_str()),
            ("TRUNKLINE_API_KEY", self.user_key.expose_secret()),
            ("TRUNKLINE_API_KEY_2", self.second_user_key.expose_secret()),
            ("TRUNKLINE_OPERATOR_KEY", self.operator_key.expose_secret()),
            ("TRUNKLINE_SERVICE_KEY", self.service_key.expose_secret()),
            ("TRUNKLINE_USER_ID", self.user_id.as_str()),
            ("TRUNKLINE_BUSINESS_ID", self.business_id.as_str()),
            ("TWILIO_BASE_URL", self.simulator_url.as_str()),
            ("STRIPE_API_URL", self.stripe_url.as_str()),
            ("STRIPE_SECRET_KEY", super::till::SECRET_KEY),
            ("STRIPE_WEBHOOK_SECRET", super::till::WEBHOOK_SECRET),
            ("TWILIO_ACCOUNT_SID", self.account_sid.as_str()),
            ("TWILIO_AUTH_TOKEN", self.auth_token.expose_secret()),
            ("TRUNKLINE_SANDBOX_CONTROL", self.control_url.as_str()),
            ("TRUNKLINE_SANDBOX_TOKEN", self.control_token.expose_secret()),
        ];
        let lines = lines.map(|(name, value)| format!("{name}={value}"));
        format!("{}\n", lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_found_again_and_the_file_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        assert!(Environment::read(&file).unwrap().user_key.expose_secret().is_empty());
        let written =
            Environment { user_key: "tl_1".into(), service_key: "tl_2".into(), ..Environment::default() };
        written.write(&file).unwrap();
        let found = Environment::read(&file).unwrap();
        assert_eq!(found.user_key.expose_secret(), "tl_1");
        assert_eq!(found.service_key.expose_secret(), "tl_2");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
