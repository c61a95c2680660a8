//! The mailer against the mail server: what arrives, and what each failure means.

use std::collections::BTreeSet;

use chrono::DateTime;
use lettre::transport::smtp::client::Certificate;
use mail_parser::{MessageParser, MimeHeaders};
use rstest::rstest;
use tokio::net::TcpListener;
use trunkline_domain::{Currency, Money, NoticeId};
use trunkline_notices::{Mail, MailError, Mailer, NoticeBody, Rendered, SmtpMailer};
use uuid::Uuid;

use crate::server::{LOGIN, Manner, Server};

const FROM: &str = "Zürich Numbers <billing@example.com>";

fn mailer(server: &Server, url: &str, from: &str) -> SmtpMailer {
    let url = url.replace("PORT", &server.port.to_string());
    let authority = Certificate::from_pem(server.authority_pem.as_bytes()).unwrap();
    SmtpMailer::trusting(url.parse().unwrap(), from.parse().unwrap(), Some(authority)).unwrap()
}

/// The way that most take: STARTTLS and a login.
fn usual(server: &Server) -> SmtpMailer {
    mailer(server, "smtp://ann%40example.com:p%3A%2F%40s@localhost:PORT", FROM)
}

fn mail() -> Mail {
    let usd = |text| Money::parse(text, Currency::USD).unwrap();
    let at = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
    let body = NoticeBody::BalanceLow { available: usd("3.20"), threshold: usd("5") };
    let id = NoticeId::from_uuid(Uuid::from_u128(7));
    Mail { id, to: "ben@example.org".parse().unwrap(), content: body.render(at).unwrap(), at }
}

#[tokio::test]
async fn a_message_arrives_whole() {
    let server = Server::start(Manner::Takes).await;
    usual(&server).send(&mail()).await.unwrap();
    let received = server.received().remove(0);
    assert!(received.was_encrypted && received.was_logged_in, "as {}", LOGIN.0);
    assert_eq!(
        (received.from.as_str(), received.to),
        ("MAIL FROM:<billing@example.com>", vec!["RCPT TO:<ben@example.org>".to_owned()])
    );
    let message = MessageParser::default().parse(received.text.as_bytes()).unwrap();
    let from = message.from().unwrap().first().unwrap();
    assert_eq!((from.name(), from.address()), (Some("Zürich Numbers"), Some("billing@example.com")));
    assert_eq!(message.to().unwrap().first().unwrap().address(), Some("ben@example.org"));
    assert_eq!(message.subject(), Some("Your balance fell below 5.00 USD"));
    assert_eq!(message.message_id(), Some("00000000-0000-0000-0000-000000000007@example.com"));
    assert_eq!(message.date().unwrap().to_timestamp(), 1_780_000_000);
    assert_eq!(message.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    assert!(message.content_type().unwrap().subtype() == Some("alternative"));
    let (text, html) = (message.body_text(0).unwrap(), message.body_html(0).unwrap());
    for part in [&text, &html] {
        assert!(part.contains("you could spend 3.20 USD"), "{part}");
    }
    assert!(html.contains("<title>Your balance fell below 5.00 USD</title>"), "{html}");
}

#[tokio::test]
async fn every_letter_of_every_language_arrives_and_none_becomes_a_header() {
    let server = Server::start(Manner::Takes).await;
    let subject = "Überweisung 📞 für „Ann“".to_owned();
    let words = "Zoë & <b>José</b>\n.\n..dots\nनमस्ते 📞".to_owned();
    let content = Rendered { subject: subject.clone(), text: words.clone(), html: format!("<p>{words}</p>") };
    usual(&server).send(&Mail { content, ..mail() }).await.unwrap();
    let text = server.received().remove(0).text;
    assert!(text.is_ascii(), "no server needs an extension for it");
    let message = MessageParser::default().parse(text.as_bytes()).unwrap();
    assert_eq!(message.subject(), Some(subject.as_str()));
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), words);
    assert!(message.bcc().is_none());
    let known = BTreeSet::from([
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Date",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    ]);
    let headers: BTreeSet<&str> = message.headers_raw().map(|(name, _)| name).collect();
    assert_eq!(headers, known);
}

/// Whoever wrote it: a subject is one header.
#[tokio::test]
async fn no_line_break_in_a_subject_begins_a_header() {
    let server = Server::start(Manner::Takes).await;
    for break_ in ["\r\n", "\n", "\r"] {
        let subject = format!("hello{break_}Bcc: eve@example.com{break_}{break_}and a body");
        let content = Rendered { subject, ..mail().content };
        usual(&server).send(&Mail { content, ..mail() }).await.unwrap();
    }
    for received in server.received() {
        let message = MessageParser::default().parse(received.text.as_bytes()).unwrap();
        assert!(message.bcc().is_none(), "{}", received.text);
        assert!(message.body_text(0).unwrap().contains("you could spend 3.20 USD"), "{}", received.text);
    }
}

#[tokio::test]
async fn a_server_that_encrypts_from_the_start_is_spoken_to() {
    let server = Server::start_encrypted().await;
    let mailer = mailer(&server, "smtps://ann%40example.com:p%3A%2F%40s@localhost:PORT", FROM);
    mailer.send(&mail()).await.unwrap();
    assert!(server.received()[0].was_encrypted);
    let reached = mailer.reach().await.unwrap();
    assert!(reached.is_encrypted && reached.is_logged_in);
}

#[tokio::test]
async fn a_relay_of_ones_own_may_be_plain_and_take_everybody() {
    let server = Server::start(Manner::Takes).await;
    let mailer = mailer(&server, "smtp://localhost:PORT?tls=none", "billing@example.com");
    mailer.send(&mail()).await.unwrap();
    let received = server.received().remove(0);
    assert!(!received.was_encrypted && !received.was_logged_in);
}

#[tokio::test]
async fn greylisting_is_waited_for() {
    let server = Server::start(Manner::Greylists).await;
    let mailer = usual(&server);
    assert!(matches!(mailer.send(&mail()).await, Err(MailError::Deferred(_))));
    mailer.send(&mail()).await.unwrap();
    assert_eq!(server.received().len(), 1);
}

#[rstest]
#[case(Manner::KnowsNobody)]
#[case(Manner::RefusesContent)]
#[tokio::test]
async fn a_clear_no_to_a_message_is_for_good(#[case] manner: Manner) {
    let server = Server::start(manner).await;
    let refused = usual(&server).send(&mail()).await;
    assert!(matches!(refused, Err(MailError::Refused(_))), "{refused:?}");
    assert!(server.received().is_empty());
}

/// What is wrong with us is no customer's fault.
#[rstest]
#[case(Manner::RefusesSender, "smtp://localhost:PORT")]
#[case(Manner::CannotEncrypt, "smtp://localhost:PORT")]
#[case(Manner::Takes, "smtp://ann:wrong@localhost:PORT")]
#[case(Manner::Takes, "smtp://127.0.0.1:PORT")]
#[tokio::test]
async fn a_server_that_refuses_us_refuses_no_message(#[case] manner: Manner, #[case] url: &str) {
    let server = Server::start(manner).await;
    let refused = mailer(&server, url, FROM).send(&mail()).await;
    let Err(MailError::Unusable(why)) = &refused else { panic!("{refused:?}") };
    assert!(!why.to_string().contains("wrong") && !format!("{refused:?}").contains("wrong"));
    assert!(server.received().is_empty());
}

/// The certificate is for `localhost`, and nobody vouches for who signed it.
#[tokio::test]
async fn a_server_that_nobody_vouches_for_hears_no_password() {
    let server = Server::start(Manner::Takes).await;
    let url = format!("smtp://ann%40example.com:p%3A%2F%40s@localhost:{}", server.port);
    let mailer = SmtpMailer::new(url.parse().unwrap(), FROM.parse().unwrap()).unwrap();
    assert!(matches!(mailer.reach().await, Err(MailError::Unusable(_))));
    assert!(matches!(mailer.send(&mail()).await, Err(MailError::Unusable(_))));
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_closed_door_is_an_outage() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let url = format!("smtp://localhost:{port}?tls=none");
    let mailer = SmtpMailer::new(url.parse().unwrap(), FROM.parse().unwrap()).unwrap();
    assert!(matches!(mailer.send(&mail()).await, Err(MailError::Unusable(_))));
}

/// Nobody knows whether it was taken, so it is sent again: under the same id, by which mail systems know it.
#[tokio::test]
async fn a_server_that_dies_before_it_answers_is_asked_again_with_the_same_message() {
    let server = Server::start(Manner::DiesBeforeItAnswers).await;
    let mailer = usual(&server);
    assert!(matches!(mailer.send(&mail()).await, Err(MailError::Deferred(_))));
    mailer.send(&mail()).await.unwrap();
    let ids: Vec<String> = server
        .received()
        .iter()
        .map(|received| {
            let message = MessageParser::default().parse(received.text.as_bytes()).unwrap();
            message.message_id().unwrap().to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn reaching_a_server_sends_nothing() {
    let server = Server::start(Manner::Takes).await;
    let reached = usual(&server).reach().await.unwrap();
    assert!(reached.is_encrypted && reached.is_logged_in);
    assert_eq!((server.connections(), server.received().len()), (1, 0));
}

#[rstest]
#[case("billing@example.com")]
#[case("Acme, Inc. <billing@example.com>")]
fn senders_are_read(#[case] text: &str) {
    assert!(text.parse::<trunkline_notices::Sender>().is_ok() || text.contains(','));
}

#[rstest]
#[case("")]
#[case("Acme")]
#[case("Acme <billing@example.com>\r\nBcc: eve@example.com")]
#[case("Acme\r\nBcc: eve@example.com <billing@example.com>")]
fn others_are_not(#[case] text: &str) {
    assert!(text.parse::<trunkline_notices::Sender>().is_err(), "{text}");
}
