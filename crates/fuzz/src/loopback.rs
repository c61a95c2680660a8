//! A server on this machine that answers what it is told, in order: for code that reads its input from a connection, so
//! that the client, its limits and its decoding are the real ones.
//!
//! It lives on one thread with whoever asks it. What it was not told an answer to it answers with a bare 500.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;
use url::Url;

/// A thread's runtime, and the server in it.
pub(crate) struct Loopback {
    runtime: Runtime,
    tasks: LocalSet,
    answers: Rc<RefCell<VecDeque<Answer>>>,
    /// Where the server listens.
    pub(crate) url: Url,
}

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Loopback {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (tasks, answers) = (LocalSet::new(), Rc::<RefCell<VecDeque<Answer>>>::default());
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let told = Rc::clone(&answers);
        tasks.spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A connection that breaks is the client's to make again.
                tokio::task::spawn_local(converse(stream, Rc::clone(&told)));
            }
        });
        let url = format!("http://{address}/").parse().expect("an address is a URL's host");
        Self { runtime, tasks, answers, url }
    }

    /// Runs a future while the server gives these answers.
    pub(crate) fn answering<T>(&self, answers: Vec<Answer>, asking: impl Future<Output = T>) -> T {
        *self.answers.borrow_mut() = answers.into();
        self.tasks.block_on(&self.runtime, asking)
    }
}

async fn converse(stream: TcpStream, answers: Rc<RefCell<VecDeque<Answer>>>) -> std::io::Result<()> {
    // An answer of few bytes is sent at once.
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let Some(length) = head(&mut stream).await? else { return Ok(()) };
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let next = answers.borrow_mut().pop_front();
        let Answer { status, body } = next.unwrap_or(Answer { status: 500, body: Vec::new() });
        // Where the status allows no body, a length would be the client's undoing.
        let body = if matches!(status, 100..200 | 204 | 304) { Vec::new() } else { body };
        let length = match status {
            204 => String::new(),
            _ => format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()),
        };
        let answer =
            format!("HTTP/1.1 {status} As told\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n{length}\r\n");
        stream.write_all(&[answer.as_bytes(), &body].concat()).await?;
    }
}

/// Reads a request's head: how long its body is, or `None` where the client has gone.
async fn head(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<usize>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = line.trim_end().split_once(':') else {
            if line.trim_end().is_empty() {
                return Ok(Some(length));
            }
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
}
