//! Which crate may depend on which, and who alone may name a database or a runtime.
//!
//! The tables below are the rule; `cargo metadata` says what is so. Normal dependencies count, with every feature's:
//! tests and doctests may reach further.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Every crate of the workspace, bottom layer first, with what it may depend on. What is not listed is forbidden.
const LAYERS: &[(&str, &[&str])] = &[
    ("trunkline-domain", &[]),
    ("trunkline-alarms", &["trunkline-domain"]),
    // Tells customers, who are told of nothing inside: it knows wallets by their store's rows alone.
    ("trunkline-notices", &["trunkline-alarms", "trunkline-domain"]),
    ("trunkline-provider", &["trunkline-domain"]),
    ("trunkline-twilio", &["trunkline-domain", "trunkline-provider"]),
    ("trunkline-wallet", &["trunkline-alarms", "trunkline-domain"]),
    (
        "trunkline-payments",
        &["trunkline-alarms", "trunkline-domain", "trunkline-notices", "trunkline-wallet"],
    ),
    (
        "trunkline-provisioning",
        &["trunkline-alarms", "trunkline-domain", "trunkline-provider", "trunkline-wallet"],
    ),
    ("trunkline-tenancy", &["trunkline-domain"]),
    // Tokens of an identity provider, which tenancy knows as a port.
    ("trunkline-identity", &["trunkline-domain", "trunkline-tenancy"]),
    // Who is signed in at a browser: its accounts are tenancy's users and operators.
    ("trunkline-sessions", &["trunkline-domain", "trunkline-identity", "trunkline-tenancy"]),
    ("trunkline-voice", &["trunkline-domain"]),
    // Knows the original's tables, and nothing of how rows are fetched.
    (
        "trunkline-import",
        &["trunkline-domain", "trunkline-provider", "trunkline-tenancy", "trunkline-wallet"],
    ),
    (
        "trunkline-persistence",
        &[
            "trunkline-alarms",
            "trunkline-domain",
            "trunkline-notices",
            "trunkline-import",
            "trunkline-payments",
            "trunkline-wallet",
            "trunkline-provisioning",
            "trunkline-sessions",
            "trunkline-tenancy",
            "trunkline-voice",
        ],
    ),
    // Tests alone.
    ("trunkline-persistence-tests", &[]),
    (
        "trunkline-http",
        &[
            "trunkline-alarms",
            "trunkline-domain",
            "trunkline-notices",
            "trunkline-provider",
            "trunkline-twilio",
            "trunkline-payments",
            "trunkline-wallet",
            "trunkline-provisioning",
            "trunkline-tenancy",
            "trunkline-voice",
        ],
    ),
    // Asks the routes of the API, so it knows no service.
    (
        "trunkline-dashboard",
        &["trunkline-domain", "trunkline-http", "trunkline-sessions", "trunkline-tenancy"],
    ),
    // The other side of the wire shares no code with ours, so it cannot share our mistakes.
    ("trunkline-twilio-sim", &[]),
    ("twilio-sim", &["trunkline-twilio-sim"]),
    ("trunkline-stripe-sim", &[]),
    ("stripe-sim", &["trunkline-stripe-sim"]),
    // It tortures the program from outside, so it knows none of its crates.
    ("trunkline-torture", &["trunkline-twilio-sim", "trunkline-testkit"]),
    // Servers for tests to break: named by dev-dependencies alone.
    ("trunkline-testkit", &[]),
    (
        "trunkline",
        &[
            "trunkline-alarms",
            "trunkline-domain",
            "trunkline-notices",
            "trunkline-import",
            "trunkline-provider",
            "trunkline-twilio",
            "trunkline-payments",
            "trunkline-wallet",
            "trunkline-provisioning",
            "trunkline-tenancy",
            "trunkline-voice",
            "trunkline-identity",
            "trunkline-sessions",
            "trunkline-persistence",
            "trunkline-http",
            "trunkline-dashboard",
            "trunkline-stripe-sim",
            "trunkline-twilio-sim",
        ],
    ),
    // A tool of tests: it plays with the real sagas on a real store, and nobody plays with it.
    (
        "trunkline-simulation",
        &[
            "trunkline-alarms",
            "trunkline-domain",
            "trunkline-provider",
            "trunkline-wallet",
            "trunkline-provisioning",
            "trunkline-persistence",
        ],
    ),
    // A tool of tests: it sends to the edge what strangers could, and nobody sends through it.
    (
        "trunkline-fuzz",
        &[
            "trunkline-alarms",
            "trunkline-domain",
            "trunkline-notices",
            "trunkline-provider",
            "trunkline-twilio",
            "trunkline-wallet",
            "trunkline-provisioning",
            "trunkline-tenancy",
            "trunkline-voice",
            "trunkline-identity",
            "trunkline-persistence",
            "trunkline-http",
        ],
    ),
    // A host of its own: it has its users and its HTTP, and needs neither of ours.
    (
        "trunkline-embedding-example",
        &[
            "trunkline-alarms",
            "trunkline-domain",
            "trunkline-provider",
            "trunkline-twilio",
            "trunkline-wallet",
            "trunkline-provisioning",
            "trunkline-persistence",
        ],
    ),
];

/// Foreign crates that only some layers may name, and which these are.
const RESERVED: &[(&str, &[&str])] = &[
    ("lettre", &["trunkline-notices"]),
    ("rusqlite", &["trunkline-persistence"]),
    ("sqlx", &["trunkline-persistence"]),
    (
        "axum",
        &[
            "trunkline-http",
            "trunkline-dashboard",
            "trunkline-twilio-sim",
            "trunkline-stripe-sim",
            "trunkline-fuzz",
            "trunkline",
            "trunkline-embedding-example",
        ],
    ),
    (
        "reqwest",
        &[
            "trunkline-alarms",
            "trunkline-twilio",
            "trunkline-identity",
            "trunkline-sessions",
            "trunkline-payments",
            // It delivers webhooks.
            "trunkline-stripe-sim",
            "trunkline",
            "trunkline-torture",
            "trunkline-embedding-example",
        ],
    ),
    (
        "anyhow",
        &["trunkline", "twilio-sim", "stripe-sim", "trunkline-torture", "trunkline-embedding-example"],
    ),
    ("clap", &["trunkline", "twilio-sim", "stripe-sim", "trunkline-torture", "trunkline-simulation"]),
    ("tracing-subscriber", &["trunkline", "twilio-sim", "stripe-sim", "trunkline-embedding-example"]),
];

/// What makes a crate asynchronous; the domain is not.
const ASYNCHRONOUS: &[&str] = &["async-trait", "futures", "tokio", "tokio-util"];

#[test]
fn crates_depend_only_on_the_layers_below_them() {
    let workspace = workspace();
    let ours: BTreeSet<&str> = workspace.keys().map(String::as_str).collect();
    let allowed: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();

    let forbidden: Vec<String> = workspace
        .iter()
        .flat_map(|(name, dependencies)| {
            let allowed = allowed.get(name.as_str()).copied().unwrap_or_default();
            dependencies
                .iter()
                .filter(|dependency| ours.contains(dependency.as_str()))
                .filter(|dependency| !allowed.contains(&dependency.as_str()))
                .map(move |dependency| format!("{name} -> {dependency}"))
        })
        .collect();

    assert!(forbidden.is_empty(), "dependencies that the layers do not allow: {forbidden:?}");
}

#[test]
fn every_crate_has_its_place_in_the_layers() {
    let workspace = workspace();
    let present: BTreeSet<&str> = workspace.keys().map(String::as_str).collect();
    let placed: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();

    assert_eq!(present, placed, "the workspace (left) and the table of layers (right) differ");
}

#[test]
fn reserved_crates_are_named_only_where_they_belong() {
    let misplaced: Vec<String> = workspace()
        .iter()
        .flat_map(|(name, dependencies)| {
            RESERVED
                .iter()
                .filter(|(reserved, homes)| {
                    dependencies.contains(*reserved) && !homes.contains(&name.as_str())
                })
                .map(move |(reserved, _)| format!("{name} -> {reserved}"))
        })
        .collect();

    assert!(misplaced.is_empty(), "crates outside the layer that they belong to: {misplaced:?}");
}

#[test]
fn the_domain_is_not_asynchronous() {
    let workspace = workspace();
    let dependencies = &workspace["trunkline-domain"];

    let found: Vec<_> = ASYNCHRONOUS.iter().filter(|name| dependencies.contains(**name)).collect();

    assert!(found.is_empty(), "the domain has no async and no I/O, but names {found:?}");
}

/// The feature that puts mistakes into the product, for the tests of the tests.
const MISTAKES: &str = "mutants";

#[test]
fn mistakes_on_purpose_are_in_builds_of_tests_alone() {
    let packages = packages();
    let by_dependency = packages.iter().flat_map(|package| {
        let dependencies = package["dependencies"].as_array().expect("an array of dependencies");
        let normal = dependencies.iter().filter(|dependency| dependency["kind"] != "dev");
        normal
            .filter(|dependency| names(&dependency["features"]).iter().any(|feature| feature == MISTAKES))
            .map(|dependency| format!("{} -> {}", text(&package["name"]), text(&dependency["name"])))
    });
    let by_feature = packages.iter().flat_map(|package| {
        let features = package["features"].as_object().expect("features by name").iter();
        let turning_on = features.filter(|(name, list)| {
            *name != MISTAKES && names(list).iter().any(|feature| feature.ends_with(MISTAKES))
        });
        turning_on.map(|(name, _)| format!("{}/{name}", text(&package["name"])))
    });
    let found: Vec<String> = by_dependency.chain(by_feature).collect();

    assert!(found.is_empty(), "{found:?} turn the mistakes on in builds that are no tests");
}

/// Each crate of the workspace with the names of its normal dependencies, optional ones included.
fn workspace() -> BTreeMap<String, BTreeSet<String>> {
    packages().iter().map(|package| (text(&package["name"]), normal_dependencies(package))).collect()
}

/// The crates of the workspace as Cargo sees them.
fn packages() -> Vec<Value> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline", "--manifest-path"])
        .arg(&manifest)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    metadata["packages"].as_array().expect("an array of packages").clone()
}

/// Cargo writes no kind for a normal dependency, and `dev` or `build` for the others.
fn normal_dependencies(package: &Value) -> BTreeSet<String> {
    let dependencies = package["dependencies"].as_array().expect("an array of dependencies");
    dependencies
        .iter()
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| text(&dependency["name"]))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().expect("a list of names").iter().map(text).collect()
}
