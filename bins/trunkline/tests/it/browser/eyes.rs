//! How a page looks: at a width, by day and in the dark, what axe-core finds wrong with it, and pictures of it.

use std::path::Path;
use std::process::Command;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::{Value, json};
use url::{ParseError, Url};

use super::driver::Browser;

/// How tall a window is, in pixels.
const HEIGHT: u32 = 900;

/// Runs axe-core, and answers a line for each thing that is serious or critical.
const JUDGE: &str = "
    const done = arguments[0];
    const grave = (found) => found.impact === 'serious' || found.impact === 'critical';
    const line = (found) => `${found.id}: ${found.help}: ` +
        found.nodes.map((node) => `${node.target.join(' ')} (${node.any.map((check) => check.message).join('; ')})`).join(', ');
    axe.run(document, { resultTypes: ['violations'] })
        .then((result) => done(result.violations.filter(grave).map(line)), (error) => done([`axe-core: ${error}`]));";

/// The widest things that stand out of the window, where there are any.
const STANDING_OUT: &str = "
    const width = window.innerWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const right = (element) => element.getBoundingClientRect().right;
    const out = [...document.querySelectorAll('body *')].filter((element) => right(element) > width + 1);
    return out.slice(0, 5).map((element) => `${element.tagName} ${element.className} ends at ${Math.round(right(element))}`);";

/// What the page and everything that it loads weigh on the wire, heads included. The icon is not among what a page tells of itself.
const WEIGHT: &str = "
    const done = arguments[0];
    const icon = document.querySelector('link[rel=icon]').href;
    fetch(icon, { cache: 'no-store' }).then((answer) => answer.text()).then(() => {
        const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
        done(loaded.map((entry) => [entry.name, entry.transferSize]));
    });";

/// What the reader has asked their system for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

impl Scheme {
    pub(crate) const ALL: [Self; 2] = [Self::Light, Self::Dark];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A command of Chromium's own, past `WebDriver`.
#[derive(Debug)]
struct DevTools(Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}

impl Browser {
    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let command = DevTools(json!({ "cmd": command, "params": parameters }));
        self.client.issue_cmd(command).await.unwrap()
    }

    /// Brings axe-core into every page from now on.
    pub(crate) async fn bring_axe(&self) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": axe() })).await;
    }

    /// Shows the page to a reader with such a screen, without loading it again. Headless windows would not be so narrow.
    pub(crate) async fn show_at(&self, width: u32, scheme: Scheme) {
        let screen = json!({ "width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        // Without motion, colours are at once what they will be.
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme.name() },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        self.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
    }

    /// The status with which the page was answered.
    pub(crate) async fn status(&self) -> Value {
        self.run("return performance.getEntriesByType('navigation')[0].responseStatus").await
    }

    /// What a page weighs for a browser that has never been here: its parts, in bytes.
    pub(crate) async fn weight(&self, url: &str) -> Vec<(String, u64)> {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await;
        self.go(url).await;
        let parts = self.client.execute_async(WEIGHT, Vec::new()).await.unwrap();
        self.devtools("Network.disable", json!({})).await;
        serde_json::from_value(parts).unwrap()
    }

    /// Opens what stands closed until somebody opens it.
    pub(crate) async fn open_everything(&self) {
        self.run("document.querySelectorAll('details').forEach((closed) => { closed.open = true; })").await;
    }

    /// What keeps people from using the page as it is shown: what axe-core finds, and what stands out of the window.
    pub(crate) async fn faults(&self) -> Vec<String> {
        let found = self.client.execute_async(JUDGE, Vec::new()).await.unwrap();
        let out = self.run(STANDING_OUT).await;
        let lines = [found, out].into_iter().flat_map(|lines| lines.as_array().unwrap().clone());
        lines.map(|line| line.as_str().unwrap().to_owned()).collect()
    }

    /// What the window shows, less what is empty at its end, as a PNG.
    pub(crate) async fn picture(&self, width: u32) -> Vec<u8> {
        let end = "return Math.ceil(document.querySelector('main').getBoundingClientRect().bottom)";
        let end = self.run(end).await.as_u64().unwrap().min(HEIGHT.into());
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": end, "scale": 1 });
        let taken = self.devtools("Page.captureScreenshot", json!({ "format": "png", "clip": clip })).await;
        STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }
}

/// The source of axe-core, which is fetched where it is missing.
fn axe() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/axe");
    let ended = Command::new(script).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "scripts/axe brings no axe-core: {said}");
    std::fs::read_to_string(String::from_utf8(ended.stdout).unwrap().trim()).unwrap()
}
