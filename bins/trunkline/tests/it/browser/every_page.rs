//! Every page, as everybody meets it: by day and in the dark, on a phone and on a desk. axe-core finds nothing serious, nothing scrolls
//! sideways, and the first page weighs little. The pictures of the documentation are taken on the way.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::driver::Browser;
use super::eyes::Scheme;
use super::furnished::Furnished;
use super::{Desk, OPERATOR, make_operator};

/// A phone, and a desk.
const WIDTHS: [u32; 2] = [360, 1280];

/// What the first page may weigh on the wire, with everything that it loads, in bytes.
const FIRST_PAGE_MAX: u64 = 120_000;
/// Style, style, script, script, icon, and the page.
const PARTS: usize = 6;

/// A page of the list.
struct Page {
    path: String,
    status: u16,
    picture: Option<&'static str>,
}

fn page(path: impl Into<String>) -> Page {
    Page { path: path.into(), status: 200, picture: None }
}

impl Page {
    fn answers(self, status: u16) -> Self {
        Self { status, ..self }
    }

    fn pictured(self, name: &'static str) -> Self {
        Self { picture: Some(name), ..self }
    }
}

/// A form that is sent with nothing that is right in it, so that its mistakes are shown.
struct Mistaken {
    path: String,
    /// Which form, and which fields are set to what.
    form: &'static str,
    fields: &'static [(&'static str, &'static str)],
}

/// A walk through the pages, which collects what is wrong with them.
struct Walk<'f> {
    browser: &'f Browser,
    server: &'f str,
    pictures: PathBuf,
    faults: Vec<String>,
    seen: usize,
}

impl Walk<'_> {
    async fn visit(&mut self, pages: Vec<Page>) {
        for Page { path, status, picture } in pages {
            self.browser.go(&format!("{}{path}", self.server)).await;
            self.browser.has_loaded_its_parts().await;
            self.judge(&path, status, picture).await;
        }
    }

    /// What a form says that is sent as no browser would send it by itself.
    async fn mistake(&mut self, mistaken: Vec<Mistaken>) {
        for mistaken in mistaken {
            let path = &mistaken.path;
            self.browser.go(&format!("{}{path}", self.server)).await;
            self.send(&mistaken).await;
            self.browser.find("//*[@role = 'alert'] | //*[contains(@class, 'mistake')]").await;
            self.judge(&format!("{path} with mistakes"), 400, None).await;
        }
    }

    /// The first page, for a browser that has never been here.
    async fn weigh(&mut self, path: &str) {
        let parts = self.browser.weight(&format!("{}{path}", self.server)).await;
        let weight: u64 = parts.iter().map(|(_, size)| size).sum();
        assert!(parts.len() == PARTS && parts.iter().all(|(_, size)| *size > 0), "{parts:?}");
        if weight > FIRST_PAGE_MAX {
            self.faults.push(format!("{path}: weighs {weight} bytes: {parts:?}"));
        }
    }

    /// Looks at the page that the browser is on.
    async fn judge(&mut self, name: &str, status: u16, picture: Option<&str>) {
        self.seen += 1;
        let answered = self.browser.status().await;
        if answered != status {
            self.faults.push(format!("{name}: answered {answered}, not {status}"));
            return;
        }
        if let Some(picture) = picture {
            self.take(picture).await;
        }
        self.browser.open_everything().await;
        for (width, scheme) in screens() {
            self.browser.show_at(width, scheme).await;
            let found = self.browser.faults().await;
            let place = format!("{name}, {width} px, {}", scheme.name());
            self.faults.extend(found.into_iter().map(|fault| format!("{place}: {fault}")));
        }
    }

    async fn take(&self, picture: &str) {
        for (width, scheme) in screens() {
            self.browser.show_at(width, scheme).await;
            let file = self.pictures.join(format!("{picture}-{width}-{}.png", scheme.name()));
            std::fs::write(file, self.browser.picture(width).await).unwrap();
        }
    }

    /// A form whose sender's session has ended: it waits on the page where they sign in, and is shown before it is sent again.
    async fn send_too_late(&mut self, desk: &Desk, mistaken: Mistaken) {
        self.browser.go(&format!("{}{}", self.server, mistaken.path)).await;
        self.browser.client.delete_all_cookies().await.unwrap();
        self.send(&mistaken).await;
        self.browser.sees("What you typed is kept").await;
        self.judge("a form that waits for its sender", 401, None).await;
        desk.type_credentials_of(OPERATOR).await;
        self.browser.sees("You are signed in again").await;
        self.judge("a form that is shown before it is sent again", 200, None).await;
    }

    async fn send(&self, Mistaken { form, fields, .. }: &Mistaken) {
        let send = "const [selector, fields] = arguments;
            const form = document.querySelector(selector);
            for (const [name, value] of fields) form.elements[name].value = value;
            const button = form.querySelector('button[name]');
            form.noValidate = true;
            form.requestSubmit(button);";
        self.browser.client.execute(send, vec![json!(form), json!(fields)]).await.unwrap();
    }
}

/// Each width by day and in the dark.
fn screens() -> impl Iterator<Item = (u32, Scheme)> {
    WIDTHS.into_iter().flat_map(|width| Scheme::ALL.map(|scheme| (width, scheme)))
}

fn strangers() -> Vec<Page> {
    vec![
        page("/sign-in"),
        page("/sign-in?out=1"),
        page("/sign-in/link/nothing-that-was-ever-made"),
        page("/payment/done"),
        page("/payment/cancelled"),
    ]
}

fn customers(furnished: &Furnished) -> Vec<Page> {
    let Furnished { business, numbers, recorded, done, in_doubt, month, free, .. } = furnished;
    let number = free.replace('+', "%2B");
    let chosen = format!("country=US&type=local&areaCode=415&search=1&number={number}&key=a-key&name=Bar");
    vec![
        page("/dashboard/numbers").pictured("numbers"),
        page("/dashboard/numbers?search=nothing-like-it"),
        page(format!("/dashboard/numbers/{}", numbers[0])),
        page(format!("/dashboard/numbers/{}", numbers[2])),
        page(format!("/dashboard/numbers/{}/release", numbers[0])),
        page(format!("/dashboard/numbers/{}/release", numbers[2])),
        page(format!("/dashboard/numbers/{recorded}")),
        page("/dashboard/numbers/record"),
        page("/dashboard/numbers/buy"),
        page("/dashboard/numbers/buy?country=US&type=local&areaCode=415&search=1").pictured("buy"),
        page("/dashboard/numbers/buy?country=GB&type=mobile&search=1"),
        page(format!("/dashboard/numbers/buy/details?{chosen}")),
        page(format!("/dashboard/numbers/buy/summary?{chosen}")),
        page("/dashboard/numbers/orders"),
        page(format!("/dashboard/numbers/orders/{done}")),
        page(format!("/dashboard/numbers/orders/{in_doubt}")),
        page("/dashboard/numbers/orders/01900000-0000-7000-8000-000000000000").answers(404),
        page("/dashboard/funds").pictured("funds"),
        page("/dashboard/funds?currency=INR"),
        page("/dashboard/funds/top-up"),
        page("/dashboard/funds/top-up?currency=INR"),
        page("/dashboard/funds/statements"),
        page(format!("/dashboard/funds/statements/{month}/print")),
        page("/dashboard/funds/notices"),
        page("/dashboard/settings/businesses"),
        page(format!("/dashboard/settings/businesses/{business}")),
        page("/dashboard/settings/keys"),
        page("/dashboard/settings/sessions"),
        page("/dashboard/settings/limits"),
        page("/operator").answers(403),
    ]
}

fn mistakes() -> Vec<Mistaken> {
    let mistaken = |path: &str, form, fields| Mistaken { path: path.to_owned(), form, fields };
    vec![
        mistaken(
            "/dashboard/numbers/record",
            "form[action$='record']",
            &[("phoneNumber", "12"), ("displayName", " ")],
        ),
        mistaken(
            "/dashboard/settings/businesses",
            "form[action$='businesses']",
            &[("name", " "), ("timeZone", "Mars/Olympus")],
        ),
        mistaken("/dashboard/funds", "form.own", &[("amount", "lots")]),
    ]
}

/// Money for a customer, as an operator sends it.
fn money_for_a_customer(amount: &'static [(&'static str, &'static str)]) -> Mistaken {
    let path = format!("/operator/users/{}", crate::stage::USER);
    Mistaken { path, form: "form:has([name=amount])", fields: amount }
}

fn mistakes_of_operators() -> Vec<Mistaken> {
    let unsaid = Mistaken {
        path: "/operator".to_owned(),
        form: "form[action='/operator']",
        fields: &[("reason", " ")],
    };
    vec![unsaid, money_for_a_customer(&[("amount", "lots")])]
}

fn operators(furnished: &Furnished) -> Vec<Page> {
    let Furnished { numbers, in_doubt, found, .. } = furnished;
    vec![
        page("/operator").pictured("operator"),
        page("/operator/balance"),
        page("/operator/orders"),
        page(format!("/operator/orders/{in_doubt}")),
        page("/operator/reconciliation"),
        page("/operator/numbers"),
        page(format!("/operator/numbers/{}", numbers[0])),
        page(format!("/operator/numbers/{}", found.replace('+', "%2B"))),
        page("/operator/alarms"),
        page("/operator/approvals"),
        page("/operator/users"),
        page(format!("/operator/users/{}", crate::stage::USER)),
        page("/operator/prices"),
        page("/operator/audit"),
        page("/dashboard/numbers"),
        page("/dashboard/settings/businesses"),
        page("/dashboard/settings/keys"),
        page("/dashboard/settings/sessions"),
        page("/dashboard/funds").answers(403),
    ]
}

/// `target/screenshots`.
fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_can_be_read_and_used_by_everybody() {
    let furnished = Furnished::new().await;
    let desk = &furnished.desk;
    make_operator(&desk.till);
    let (browser, server) = (&desk.browser, desk.till.stage.server.url.as_str());
    let mut walk = Walk { browser, server, pictures: pictures(), faults: Vec::new(), seen: 0 };
    walk.weigh("/dashboard/numbers").await;
    browser.bring_axe().await;
    walk.visit(customers(&furnished)).await;
    walk.mistake(mistakes()).await;
    desk.sign_out().await;
    walk.visit(strangers()).await;
    desk.sign_in_as(OPERATOR).await;
    walk.visit(operators(&furnished)).await;
    walk.mistake(mistakes_of_operators()).await;
    walk.send_too_late(desk, money_for_a_customer(&[("amount", "5"), ("reason", "a gift")])).await;
    let Walk { faults, seen, .. } = walk;
    assert!(faults.is_empty(), "{} faults on {seen} pages:\n{}", faults.len(), faults.join("\n"));
}
