//! One test's database: a copy of a template that holds the migrated schema.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use url::Url;
use uuid::Uuid;

use crate::cluster::{Cluster, Durability, PATIENCE, POLL};
use crate::psql::{self, AdvisoryLock};

/// The setting that names a server to use instead of starting one.
const SERVER: &str = "TEST_DATABASE_URL";

/// What the schema is made from.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");

/// The advisory lock under which templates are made. Any number, but always the same.
const TEMPLATE_LOCK: i64 = 0x7472_756e_6b6c;

/// A server that takes databases.
#[derive(Debug, Clone)]
pub struct Server {
    url: Url,
}

/// A database of its own. Dropped with it, whoever is still connected.
#[derive(Debug)]
pub struct Database {
    server: Server,
    name: String,
}

impl Server {
    /// The server at an address. Its user must be allowed to create databases.
    pub fn at(url: &str) -> Self {
        let url =
            Url::parse(url).unwrap_or_else(|error| panic!("{SERVER} is no address of a server: {error}"));
        Self { url }
    }

    /// The server that the tests share: the one that `TEST_DATABASE_URL` names, or else one that ends with this
    /// process. Its durability is [`Durability::Fast`].
    pub fn shared() -> Self {
        static OF_THIS_PROCESS: OnceLock<Cluster> = OnceLock::new();
        match std::env::var(SERVER) {
            Ok(url) if !url.is_empty() => Self::at(&url),
            Ok(_) | Err(_) => OF_THIS_PROCESS.get_or_init(|| Cluster::start(Durability::Fast)).server(),
        }
    }

    /// A fresh database with the schema that `migrate` makes in the empty one whose address it gets. The schema is
    /// made once while the project's migrations stay as they are, by whoever comes first, and copied afterwards.
    pub async fn migrated_database(&self, migrate: impl AsyncFnOnce(&str)) -> Database {
        let template = template_name();
        // Most come when it is there: they need not ask.
        let how = format!(r#"TEMPLATE "{template}" STRATEGY FILE_COPY"#);
        if let Ok(database) = self.try_create(&how) {
            return database;
        }
        if !self.has_template(template) {
            let _lock = AdvisoryLock::take(self.url.as_str(), TEMPLATE_LOCK);
            if !self.has_template(template) {
                // It gets its name when it is finished, since by that name it is copied.
                let unfinished = format!("{template}_unfinished");
                // Left behind by somebody who ended in the middle.
                let leftovers = [template, &unfinished];
                let drop = leftovers.map(|name| format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#));
                self.run(&drop.each_ref().map(String::as_str));
                self.run(&[&format!(r#"CREATE DATABASE "{unfinished}""#)]);
                migrate(&self.url_of(&unfinished)).await;
                self.run(&[
                    &format!(r#"ALTER DATABASE "{unfinished}" RENAME TO "{template}""#),
                    // Nobody may connect any more: a template in use cannot be copied.
                    &format!(r#"ALTER DATABASE "{template}" WITH IS_TEMPLATE true ALLOW_CONNECTIONS false"#),
                ]);
            }
        }
        self.create(&how)
    }

    /// A fresh database with nothing in it.
    pub fn empty_database(&self) -> Database {
        self.create("")
    }

    fn create(&self, how: &str) -> Database {
        self.try_create(how)
            .unwrap_or_else(|error| panic!("the PostgreSQL server for tests makes no database: {error}"))
    }

    fn try_create(&self, how: &str) -> Result<Database, String> {
        let name = format!("test_{}", Uuid::now_v7().simple());
        psql::run(self.url.as_str(), &[&format!(r#"CREATE DATABASE "{name}" {how}"#)])?;
        Ok(Database { server: self.clone(), name })
    }

    fn has_template(&self, name: &str) -> bool {
        let question = format!("SELECT count(*) FROM pg_database WHERE datistemplate AND datname = '{name}'");
        self.run(&[&question]) == "1"
    }

    /// Runs statements in the server's own database, each in a transaction of its own; returns their rows.
    pub fn run(&self, statements: &[&str]) -> String {
        psql::run(self.url.as_str(), statements)
            .unwrap_or_else(|error| panic!("the PostgreSQL server for tests refuses {statements:?}: {error}"))
    }

    fn url_of(&self, database: &str) -> String {
        let mut url = self.url.clone();
        url.set_path(database);
        url.into()
    }
}

/// The template's name changes with the migrations, so an older one is never taken for it.
fn template_name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let files = std::fs::read_dir(MIGRATIONS).expect("the project has migrations");
        let mut files: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
        files.sort();
        let mut hasher = DefaultHasher::new();
        for file in files {
            file.file_name().hash(&mut hasher);
            std::fs::read(&file).expect("a migration can be read").hash(&mut hasher);
        }
        format!("template_{:016x}", hasher.finish())
    })
}

impl Database {
    /// Its address, as the program's `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.server.url_of(&self.name)
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements, each in a transaction of its own, and returns their rows: a line each, columns apart by `|`.
    /// As the database's owner, who is above every rule but the schema's.
    pub fn run(&self, statements: &[&str]) -> String {
        self.try_run(statements).unwrap_or_else(|error| panic!("{statements:?}: {error}"))
    }

    /// Asks until the answer is this one. What PostgreSQL does for a connection that has hung up, say, comes later.
    pub fn wait_for(&self, question: &str, answer: &str) {
        let began = Instant::now();
        loop {
            let heard = self.run(&[question]);
            if heard == answer {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{question}: waited in vain for {answer}, and heard {heard}");
            std::thread::sleep(POLL);
        }
    }

    /// Copies schemas of it to a file with `pg_dump`, beside whoever is connected.
    pub fn dump(&self, file: &Path, schemas: &[&str]) {
        let (database, to) = (format!("--dbname={}", self.url()), format!("--file={}", file.display()));
        let schemas: Vec<String> = schemas.iter().map(|schema| format!("--schema={schema}")).collect();
        let mut arguments = vec!["--format=custom", &database, &to];
        arguments.extend(schemas.iter().map(String::as_str));
        psql::program("pg_dump", &arguments);
    }

    /// Keeps the database under another name on the server, and makes it anew from a file with `pg_restore`. Nobody may
    /// be connected.
    pub fn restore(&self, file: &Path) {
        let name = &self.name;
        self.server.run(&[
            &format!(r#"DROP DATABASE IF EXISTS "{name}_before_restore" WITH (FORCE)"#),
            &format!(r#"ALTER DATABASE "{name}" RENAME TO "{name}_before_restore""#),
            &format!(r#"CREATE DATABASE "{name}""#),
        ]);
        let (database, from) = (format!("--dbname={}", self.url()), file.display().to_string());
        let whole = ["--exit-on-error", "--single-transaction", "--no-owner"];
        psql::program("pg_restore", &[&whole[..], &[&database, &from]].concat());
    }

    /// Runs statements, and returns their rows or what the server says to the one that it refuses.
    pub fn try_run(&self, statements: &[&str]) -> Result<String, String> {
        psql::run(&self.url(), statements)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = |name: &str| format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#);
        let statements = [drop(&self.name), drop(&format!("{}_before_restore", self.name))];
        // A server that a test has stopped takes its databases along.
        let _ = psql::run(self.server.url.as_str(), &statements.each_ref().map(String::as_str));
    }
}
