//! The dashboard in a real browser: the real server, the simulated Twilio and Stripe, headless Chromium. What a page says is
//! compared with what the database and the simulators hold.

mod buying;
mod driver;
mod every_page;
mod eyes;
mod furnished;
mod operating;
mod releasing;

use std::io::Write;
use std::net::TcpListener;
use std::process::Stdio;

use self::driver::{Browser, Scripts};
use crate::engine::Engine;
use crate::payments::till::Till;
use crate::stage::USER;

pub(crate) const EMAIL: &str = "ann@example.com";
/// How an operator signs in.
pub(crate) const OPERATOR: &str = "olga@example.com";
const PASSWORD: &str = "correct horse battery";

/// Somebody at their browser: a customer, or the operator.
pub(crate) struct Desk {
    pub(crate) till: Till,
    pub(crate) browser: Browser,
}

impl Desk {
    pub(crate) async fn signed_in(balance: &str, scripts: Scripts) -> Self {
        Self::signed_in_with(balance, scripts, &[]).await
    }

    pub(crate) async fn signed_in_with(balance: &str, scripts: Scripts, settings: &[(&str, &str)]) -> Self {
        let desk = Self::at_the_door(balance, scripts, settings, &["--user", USER]).await;
        desk.enter("/dashboard/numbers", "Buy phone number").await;
        desk
    }

    /// An operator at their browser, with a customer who has 25 dollars.
    pub(crate) async fn operating(settings: &[(&str, &str)]) -> Self {
        let desk = Self::at_the_door("25", Scripts::On, settings, &["--operator"]).await;
        desk.enter("/operator", "Orders").await;
        desk
    }

    /// A browser beside a server on which this holder has an account.
    async fn at_the_door(
        balance: &str,
        scripts: Scripts,
        settings: &[(&str, &str)],
        holder: &[&str],
    ) -> Self {
        // Forms are told from other sites' by the public address, so the server has to know its port before it listens.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let url = format!("http://{address}");
        let mut all = vec![("LISTEN", address.as_str()), ("PUBLIC_URL", url.as_str())];
        all.extend(settings);
        let till = Till::on(Engine::Sqlite, balance, &all).await;
        make_account(&till, EMAIL, holder);
        let browser = Browser::open(scripts).await;
        Self { till, browser }
    }

    /// Signs in on the way to a page, and waits until it says this.
    async fn enter(&self, page: &str, says: &str) {
        self.browser.go(&format!("{}{page}", self.till.stage.server.url)).await;
        self.type_credentials().await;
        self.browser.sees(says).await;
    }

    /// Fills in the page where one signs in.
    pub(crate) async fn type_credentials(&self) {
        self.type_credentials_of(EMAIL).await;
    }

    async fn type_credentials_of(&self, email: &str) {
        self.browser.type_in("E-mail address", email).await;
        self.browser.type_in("Password", PASSWORD).await;
        self.browser.press("Sign in").await;
    }

    /// Signs in from the page where one does.
    pub(crate) async fn sign_in_as(&self, email: &str) {
        self.browser.go(&format!("{}/sign-in", self.till.stage.server.url)).await;
        self.type_credentials_of(email).await;
        self.browser.sees("Sign out").await;
    }

    pub(crate) async fn sign_out(&self) {
        self.browser.go(&format!("{}/dashboard/numbers", self.till.stage.server.url)).await;
        self.browser.press("Sign out").await;
        self.browser.sees("You are signed out").await;
    }

    /// Pays the least that the funds page offers, on the page of Stripe's that it leads to.
    pub(crate) async fn pay_on_the_page_that_opens(&self) {
        self.browser.press("10.00").await;
        self.browser.press("Pay").await;
        self.browser.sees("was added to your wallet").await;
    }
}

/// An operator, who signs in with the same password.
pub(crate) fn make_operator(till: &Till) {
    make_account(till, OPERATOR, &["--operator"]);
}

fn make_account(till: &Till, email: &str, holder: &[&str]) {
    let arguments = [&["user", "create", "--email", email], holder].concat();
    let mut command = till.stage.command_with(&arguments, &[]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
}
