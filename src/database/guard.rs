//! A stream without TLS on which no server gets a password in clear text.
//!
//! A server that wants a password may ask for a hash, or for the password itself (`AuthenticationCleartextPassword`).
//! tokio-postgres answers both; this stream reads the server's messages until the login is done and fails instead
//! of handing on that second question.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The error inside the `io::Error` that a refused question becomes.
#[derive(Debug)]
pub struct CleartextRefused;

impl fmt::Display for CleartextRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server asks for the password in clear text over a connection without TLS")
    }
}

impl std::error::Error for CleartextRefused {}

/// The stream of a server that is not on this machine.
pub struct Guard<S> {
    stream: S,
    login: Login,
}

impl<S> Guard<S> {
    /// `open` is for connections that need no guard: they stay on this machine.
    pub fn new(stream: S, open: bool) -> Guard<S> {
        Guard { stream, login: if open { Login::Done } else { Login::Waiting { head: Vec::new(), skip: 0 } } }
    }

    /// The same stream for TLS, inside which nobody else reads.
    pub fn open(self) -> Guard<S> {
        Guard { login: Login::Done, ..self }
    }

    /// The stream below, for what is said before the login.
    pub fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }
}

/// How far the server's messages were read.
enum Login {
    Waiting {
        /// The beginning of a message: its kind, its length, and of an authentication request its code.
        head: Vec<u8>,
        /// What is left of a message that is of no interest.
        skip: usize,
    },
    Done,
}

const KIND_AND_LENGTH: usize = 5;
const WITH_CODE: usize = 9;
const AUTHENTICATION_OK: [u8; 4] = [0, 0, 0, 0];
const AUTHENTICATION_CLEARTEXT: [u8; 4] = [0, 0, 0, 3];

impl Login {
    fn read(&mut self, mut bytes: &[u8]) -> Result<(), CleartextRefused> {
        while let (Login::Waiting { head, skip }, false) = (&mut *self, bytes.is_empty()) {
            if *skip > 0 {
                let skipped = bytes.len().min(*skip);
                *skip -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            head.push(bytes[0]);
            bytes = &bytes[1..];
            let wanted = if head[0] == b'R' { WITH_CODE } else { KIND_AND_LENGTH };
            if head.len() < wanted {
                continue;
            }
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            if head[0] == b'R' {
                match [head[5], head[6], head[7], head[8]] {
                    AUTHENTICATION_CLEARTEXT => return Err(CleartextRefused),
                    AUTHENTICATION_OK => {
                        *self = Login::Done;
                        continue;
                    }
                    _ => {}
                }
            }
            // The length counts itself but not the kind.
            *skip = (1 + length).saturating_sub(head.len());
            head.clear();
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if let Err(refused) = self.login.read(&buf.filled()[before..]) {
            buf.set_filled(before);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::PermissionDenied, refused)));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind];
        bytes.extend((body.len() as u32 + 4).to_be_bytes());
        bytes.extend(body);
        bytes
    }

    /// Whether the login is refused when the bytes come in pieces of `size`.
    fn refused(bytes: &[u8], size: usize) -> bool {
        let mut login = Login::Waiting { head: Vec::new(), skip: 0 };
        bytes.chunks(size).any(|piece| login.read(piece).is_err())
    }

    #[test]
    fn a_question_for_the_password_is_found_however_it_arrives() {
        let notice = message(b'N', b"SWARNING\0\0");
        let version = message(b'v', &[0, 3, 0, 0, 0, 0, 0, 0]);
        let clear = message(b'R', &[0, 0, 0, 3]);
        let md5 = message(b'R', &[0, 0, 0, 5, 1, 2, 3, 3]);
        let sasl = message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0");
        let ok = message(b'R', &[0, 0, 0, 0]);
        for size in 1..40 {
            assert!(refused(&clear, size));
            assert!(refused(&[&*version, &*notice, &*clear].concat(), size));
            assert!(!refused(&[&*notice, &*md5, &*ok].concat(), size));
            assert!(!refused(&[&*sasl, &*ok].concat(), size));
            // A server that asks twice is refused too.
            assert!(refused(&[&*sasl, &*clear].concat(), size));
            // After the login everything passes: rows may hold any bytes.
            assert!(!refused(&[&*ok, &*clear].concat(), size));
        }
    }
}
