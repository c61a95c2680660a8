//! PostgreSQL's messages, as far as the proxy must tell them apart ("Message Formats" in its documentation).

use std::io::{self, Read};

/// The longest message that is believed.
const LENGTH_MAX: usize = 64 << 20;

/// What a client may say before the server knows it.
pub(super) const TLS_REQUEST: u32 = 80_877_103;
pub(super) const GSS_REQUEST: u32 = 80_877_104;

/// One message as it is on the wire, its kind and length included.
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    /// Where what it says begins.
    body: usize,
}

impl Message {
    /// The first message of a connection has a length and no kind.
    pub(super) fn read_opening(stream: &mut impl Read) -> io::Result<Self> {
        Self::read_rest(stream, Vec::new())
    }

    pub(super) fn read(stream: &mut impl Read) -> io::Result<Self> {
        let mut kind = vec![0];
        stream.read_exact(&mut kind)?;
        Self::read_rest(stream, kind)
    }

    fn read_rest(stream: &mut impl Read, mut bytes: Vec<u8>) -> io::Result<Self> {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        bytes.extend(length);
        let body = bytes.len();
        // The length counts itself.
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let length = length.checked_sub(4).filter(|length| *length <= LENGTH_MAX);
        let length = length.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        bytes.resize(body + length, 0);
        stream.read_exact(&mut bytes[body..])?;
        Ok(Self { bytes, body })
    }

    pub(super) fn kind(&self) -> u8 {
        self.bytes[0]
    }

    /// The number that an opening message begins with.
    pub(super) fn code(&self) -> Option<u32> {
        let code = self.bytes.get(self.body..self.body + 4)?;
        Some(u32::from_be_bytes(code.try_into().ok()?))
    }

    /// The statement that it has prepared, if that is what it does.
    pub(super) fn prepared(&self) -> Option<String> {
        // After the name that it gets.
        if self.kind() == b'P' { self.texts().nth(1) } else { None }
    }

    /// The texts that the message begins with, each ended by a zero.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        self.bytes[self.body..]
            .split(|byte| *byte == 0)
            .map(|text| String::from_utf8_lossy(text).into_owned())
    }
}
