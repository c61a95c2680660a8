//! The mail server, where one is set: whether it is reached, encrypted, and lets us in. Nothing is sent.

use trunkline_notices::{MailError, SmtpMailer};

use super::report::Finding;

const CHECK: &str = "mail";

/// Goes as far as one can without sending anything.
pub(super) async fn examine(mailer: &SmtpMailer, place: &str) -> Finding {
    match mailer.reach().await {
        Ok(reached) => {
            let how = if reached.is_encrypted { "over an encrypted connection" } else { "without encryption" };
            let login = if reached.is_logged_in { "and takes our login" } else { "and asks for no login" };
            Finding::ok(CHECK, format!("{place} answers {how} {login}; nothing was sent"))
        }
        Err(error) => Finding::problem(CHECK, format!("{place} cannot be used ({})", told(&error))).cured_by(
            "set SMTP_URL to what your mail provider says: host, port, user and password, smtps:// for port 465",
        ),
    }
}

/// What the server, or the way to it, said.
fn told(error: &MailError) -> String {
    let mut words = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words.push(error.to_string());
        cause = error.source();
    }
    words.dedup();
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::super::report::Level;
    use super::*;

    #[tokio::test]
    async fn a_server_that_is_not_there_is_a_problem() {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let server = format!("smtp://127.0.0.1:{port}?tls=none").parse().unwrap();
        let mailer = SmtpMailer::new(server, "billing@example.com".parse().unwrap()).unwrap();
        let finding = examine(&mailer, "127.0.0.1").await;
        assert_eq!(finding.level, Level::Problem);
        assert!(finding.message.contains("refused"), "{}", finding.message);
    }
}
