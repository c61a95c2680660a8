//! `./.env`, which the sandbox alone reads. It is for a developer's machine: a server that took secrets from whatever
//! folder it is started in would let whoever can write there choose its database and its Twilio account.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::bail;

/// The file, in the working folder.
const FILE: &str = ".env";

/// Puts the file's settings into the environment, below what is there already. Answers whether there is such a file.
/// To be called before the process has a second thread.
pub(crate) fn read_dotenv() -> anyhow::Result<bool> {
    match dotenvy::from_path(Path::new(FILE)) {
        Ok(()) => Ok(true),
        Err(dotenvy::Error::Io(error)) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(dotenvy::Error::Io(error)) => bail!("./{FILE} cannot be read: {error}"),
        // The error's own sentence repeats the line, in which a secret may stand.
        Err(_) => {
            bail!("./{FILE} has a line that is not NAME=value; put values with spaces or `#` in quotes")
        }
    }
}
