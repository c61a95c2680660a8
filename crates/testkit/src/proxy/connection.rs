//! One connection: both ways of it, until its end or its cut.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::wire::{GSS_REQUEST, Message, TLS_REQUEST};
use super::{Cut, Shared};

/// Carries a connection in two threads of its own.
pub(super) fn carry(client: UnixStream, server: UnixStream, shared: &Arc<Shared>) {
    let (Ok(to_client), Ok(to_server)) = (client.try_clone(), server.try_clone()) else { return };
    let answer_is_lost = Arc::new(AtomicBool::new(false));
    let requests = Requests {
        client,
        server: to_server,
        shared: Arc::clone(shared),
        prepared: HashMap::new(),
        answer_is_lost: Arc::clone(&answer_is_lost),
    };
    let answers = Answers { server, client: to_client, shared: Arc::clone(shared), is_lost: answer_is_lost };
    std::thread::spawn(move || requests.carry());
    std::thread::spawn(move || answers.carry());
}

/// From the client to the server.
struct Requests {
    client: UnixStream,
    server: UnixStream,
    shared: Arc<Shared>,
    /// The statements that the client has prepared, by their names.
    prepared: HashMap<String, String>,
    answer_is_lost: Arc<AtomicBool>,
}

impl Requests {
    fn carry(mut self) {
        // Either side may hang up at any time.
        let _ = self.carry_all();
        hang_up(&self.client, &self.server);
    }

    fn carry_all(&mut self) -> io::Result<()> {
        self.open()?;
        let mut round_trip = String::new();
        loop {
            let message = Message::read(&mut self.client)?;
            let executed = self.executed(&message);
            if let Some(statement) = &executed {
                round_trip.push_str(statement);
            } else if let Some(statement) = message.prepared() {
                round_trip.push_str("prepare ");
                round_trip.push_str(&statement);
            }
            // Sync, or a simple query: the client waits for the answer now.
            if matches!(message.kind(), b'S' | b'Q') {
                self.shared.note_round_trip(std::mem::take(&mut round_trip));
            }
            match executed.and_then(|statement| self.shared.take_plan(&statement)) {
                Some(Cut::BeforeRequest) => {
                    self.shared.cuts.fetch_add(1, Ordering::SeqCst);
                    return Ok(());
                }
                Some(Cut::BeforeAnswer) => self.answer_is_lost.store(true, Ordering::SeqCst),
                None => {}
            }
            self.server.write_all(&message.bytes)?;
        }
    }

    /// Until the client has said who it is. It may ask for encryption first, which is refused here.
    fn open(&mut self) -> io::Result<()> {
        loop {
            let opening = Message::read_opening(&mut self.client)?;
            if let Some(TLS_REQUEST | GSS_REQUEST) = opening.code() {
                self.client.write_all(b"N")?;
            } else {
                return self.server.write_all(&opening.bytes);
            }
        }
    }

    /// The statement that a message has executed: one that comes with it, or one that was prepared.
    fn executed(&mut self, message: &Message) -> Option<String> {
        let mut texts = message.texts();
        match message.kind() {
            b'P' => {
                if let (Some(name), Some(statement)) = (texts.next(), message.prepared()) {
                    self.prepared.insert(name, statement);
                }
                None
            }
            // After the name of the portal, that of the statement.
            b'B' => self.prepared.get(&texts.nth(1)?).cloned(),
            b'Q' => texts.next(),
            _ => None,
        }
    }
}

/// From the server to the client.
struct Answers {
    server: UnixStream,
    client: UnixStream,
    shared: Arc<Shared>,
    is_lost: Arc<AtomicBool>,
}

impl Answers {
    fn carry(mut self) {
        let _ = self.carry_all();
        hang_up(&self.client, &self.server);
    }

    fn carry_all(&mut self) -> io::Result<()> {
        loop {
            let message = Message::read(&mut self.server)?;
            if !self.is_lost.load(Ordering::SeqCst) {
                self.client.write_all(&message.bytes)?;
                continue;
            }
            // Ready for the next query: what was asked is done, and committed where it was outside of a transaction.
            if message.kind() == b'Z' {
                self.shared.cuts.fetch_add(1, Ordering::SeqCst);
                return Ok(());
            }
        }
    }
}

fn hang_up(client: &UnixStream, server: &UnixStream) {
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
