//! The frame around every page, and how a page becomes an answer.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::DashboardState;
use crate::assets;
use crate::error::Failure;
use crate::visitor::Visit;

/// Which part of the dashboard a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// What operators watch and decide.
    Operator,
    /// A customer's numbers, and buying them.
    Numbers,
    /// A customer's wallets.
    Funds,
    /// Businesses, members, keys, sessions, limits.
    Settings,
}

/// What the frame shows.
pub(crate) struct Frame {
    pub(crate) assets: Addresses,
    pub(crate) banner: Option<String>,
    pub(crate) name: String,
    pub(crate) links: Vec<Link>,
}

/// A link of the head.
pub(crate) struct Link {
    pub(crate) address: &'static str,
    pub(crate) text: &'static str,
    pub(crate) is_here: bool,
}

/// A frame for those whom nobody knows yet.
pub(crate) struct Bare {
    pub(crate) assets: Addresses,
}

/// Where the page's styles and scripts are.
pub(crate) struct Addresses {
    pub(crate) pico: String,
    pub(crate) style: String,
    pub(crate) htmx: String,
    pub(crate) script: String,
    pub(crate) icon: String,
}

impl Addresses {
    fn new() -> Self {
        Self {
            pico: assets::address("pico.classless.min.css"),
            style: assets::address("style.css"),
            htmx: assets::address("htmx.min.js"),
            script: assets::address("page.js"),
            icon: assets::address("icon.svg"),
        }
    }
}

impl Bare {
    pub(crate) fn new() -> Self {
        Self { assets: Addresses::new() }
    }
}

impl Frame {
    pub(crate) fn new(state: &DashboardState, visit: &Visit, section: Section) -> Self {
        let sections = [
            ("/operator", "Operator", Section::Operator),
            ("/dashboard/numbers", "Numbers", Section::Numbers),
            ("/dashboard/funds", "Funds", Section::Funds),
            ("/dashboard/settings", "Settings", Section::Settings),
        ];
        let is_operator = visit.visitor.is_operator();
        let shown = sections.into_iter().filter(|(.., of)| match of {
            Section::Operator => is_operator,
            // An operator has no wallet.
            Section::Funds => !is_operator,
            Section::Numbers | Section::Settings => true,
        });
        let links = shown.map(|(address, text, of)| Link { address, text, is_here: of == section });
        Self {
            assets: Addresses::new(),
            banner: state.settings.banner.text(),
            name: visit.visitor.name.clone(),
            links: links.collect(),
        }
    }
}

/// A page as an answer.
pub(crate) fn html(page: &impl Template) -> Result<Response, Failure> {
    let text = page.render()?;
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))];
    Ok((kind, text).into_response())
}
