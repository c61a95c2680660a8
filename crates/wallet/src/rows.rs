//! Rows of CSV, as RFC 4180 has it: lines end with CRLF, and every cell is in quotes.

use csv::{QuoteStyle, Terminator, WriterBuilder};

use crate::WalletStoreError;

/// Some rows of a file.
pub(crate) struct Rows {
    writer: csv::Writer<Vec<u8>>,
    failure: Option<csv::Error>,
}

impl Rows {
    pub(crate) fn new() -> Self {
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF).quote_style(QuoteStyle::Always);
        Self { writer: builder.from_writer(Vec::new()), failure: None }
    }

    /// One more row; what is wrong with it [`Self::finish`] says.
    pub(crate) fn write(&mut self, cells: &[String]) {
        if let (Err(error), None) = (self.writer.write_record(cells), &self.failure) {
            self.failure = Some(error);
        }
    }

    /// Memory takes every row of the same length: a failure is a mistake of ours.
    pub(crate) fn finish(self) -> Result<Vec<u8>, WalletStoreError> {
        let broken = |said: String| WalletStoreError::Broken(said);
        if let Some(error) = self.failure {
            return Err(broken(error.to_string()));
        }
        self.writer.into_inner().map_err(|error| broken(error.to_string()))
    }
}
