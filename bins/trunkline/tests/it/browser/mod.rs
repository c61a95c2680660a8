//! The dashboard in a real browser: the real server, the simulated Twilio and Stripe, headless Chromium. What a page says is
//! compared with what the database and the simulators hold.

mod buying;
mod driver;
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
        make_account(&till, holder);
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
        self.browser.type_in("E-mail address", EMAIL).await;
        self.browser.type_in("Password", PASSWORD).await;
        self.browser.press("Sign in").await;
    }

    /// Pays the least that the funds page offers, on the page of Stripe's that it leads to.
    pub(crate) async fn pay_on_the_page_that_opens(&self) {
        self.browser.press("10.00").await;
        self.browser.press("Pay").await;
        self.browser.sees("was added to your wallet").await;
    }
}

fn make_account(till: &Till, holder: &[&str]) {
    let arguments = [&["user", "create", "--email", EMAIL], holder].concat();
    let mut command = till.stage.command_with(&arguments, &[]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
}
