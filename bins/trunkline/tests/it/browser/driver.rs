//! A browser: headless Chromium, driven as a person would, by what is to be read on the page.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether pages may run their scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

/// A running browser. It ends when dropped.
pub(crate) struct Browser {
    pub(crate) client: Client,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn open(scripts: Scripts) -> Self {
        let (driver, port) = chromedriver();
        let profile = tempfile::tempdir().unwrap();
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        let capabilities = capabilities(&profile, scripts);
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let client = builder.connect(&format!("http://127.0.0.1:{port}")).await.unwrap();
        client.set_window_size(1280, 900).await.unwrap();
        Self { client, driver, _profile: profile }
    }

    pub(crate) async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Path and query of where it is.
    pub(crate) async fn place(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// What is to be read on the page.
    pub(crate) async fn text(&self) -> String {
        // A page that is just being replaced has no body.
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits until this is to be read.
    pub(crate) async fn sees(&self, wanted: &str) {
        let seen = async {
            while !self.text().await.contains(wanted) {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        };
        let is_seen = tokio::time::timeout(PATIENCE, seen).await.is_ok();
        assert!(is_seen, "`{wanted}` is not to be read at {}:\n{}", self.place().await, self.text().await);
    }

    /// Loads the page anew until this is to be read.
    pub(crate) async fn sees_at_last(&self, wanted: &str) {
        let seen = async {
            while !self.text().await.contains(wanted) {
                self.client.refresh().await.unwrap();
            }
        };
        let is_seen = tokio::time::timeout(PATIENCE, seen).await.is_ok();
        assert!(is_seen, "`{wanted}` never came at {}:\n{}", self.place().await, self.text().await);
    }

    /// Waits until the parts are there that a page loads after itself.
    pub(crate) async fn has_loaded_its_parts(&self) {
        const MISSING: &str = "return document.querySelector('[hx-trigger=load]') !== null";
        let loaded = async {
            while self.client.execute(MISSING, Vec::new()).await.unwrap() == json!(true) {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        };
        let is_whole = tokio::time::timeout(PATIENCE, loaded).await.is_ok();
        assert!(is_whole, "a part never came at {}", self.place().await);
    }

    /// Waits for the only thing that a path of the page leads to.
    pub(crate) async fn find(&self, xpath: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(xpath)).await;
        match found {
            Ok(element) => element,
            Err(error) => {
                panic!("{xpath} is not at {}: {error}\n{}", self.place().await, self.text().await)
            }
        }
    }

    /// The field with this label, within it or named by it.
    pub(crate) async fn field(&self, label: &str) -> Element {
        let label = format!("//label[starts-with(normalize-space(.), '{label}')]");
        self.find(&format!(
            "{label}//*[self::input or self::select or self::textarea] | //*[@id = {label}/@for]"
        ))
        .await
    }

    /// Types into the field with this label, in place of what it holds.
    pub(crate) async fn type_in(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses the first button, or follows the first link, that says this.
    pub(crate) async fn press(&self, says: &str) {
        let found = self
            .find(&format!(
                "//*[self::button or self::a or self::summary][starts-with(normalize-space(.), '{says}')]"
            ))
            .await;
        found.click().await.unwrap();
    }

    /// Presses keys where the focus is.
    pub(crate) async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Moves the focus with the tabulator until it is on what says this.
    pub(crate) async fn tab_to(&self, says: &str) {
        for _ in 0..60 {
            self.keys("\u{e004}").await;
            let focused = self.client.active_element().await.unwrap();
            if focused.text().await.unwrap().starts_with(says) {
                return;
            }
        }
        panic!("the tabulator does not lead to `{says}` at {}", self.place().await);
    }

    /// Runs a script in the page, for what no person can do.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver takes its browser with it.
        let group = nix::unistd::Pid::from_raw(-i32::try_from(self.driver.id()).unwrap());
        let _ = nix::sys::signal::kill(group, nix::sys::signal::Signal::SIGKILL);
        let _ = self.driver.wait();
    }
}

fn capabilities(profile: &TempDir, scripts: Scripts) -> Value {
    let folder = format!("--user-data-dir={}", profile.path().display());
    let preferences = match scripts {
        Scripts::On => json!({}),
        Scripts::Off => json!({ "profile.managed_default_content_settings.javascript": 2 }),
    };
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": {
            "prefs": preferences,
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--lang=en-US", folder,
            ],
        },
    })
}

/// Starts a driver, which chooses its port and says so.
fn chromedriver() -> (Child, u16) {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("chromedriver");
    command
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0);
    let mut driver =
        command.spawn().expect("chromedriver runs: `apt-get install chromium chromium-driver` brings it");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    // What it says later is read, so that it is never kept waiting.
    std::thread::spawn(move || lines.for_each(drop));
    (driver, port.expect("chromedriver says its port"))
}
