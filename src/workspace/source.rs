//! Reading a file of SQL: what is not text in UTF-8 is said, not guessed.

use std::path::Path;

/// Files above this many bytes are not read as part of a history.
pub const LARGEST: u64 = 256 << 20;

/// The text of a file, or why it cannot be used, in words.
pub fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| reason(&error))?.len();
    if size > LARGEST {
        return Err(format!("it is too large ({} MB; at most {} MB)", size >> 20, LARGEST >> 20));
    }
    let bytes = std::fs::read(path).map_err(|error| reason(&error))?;
    decode(bytes)
}

pub fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("it is in UTF-16; save it as UTF-8".into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("it is not UTF-8 (line {line}, byte {at})")
    })
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_not_utf_8_is_said() {
        assert_eq!(super::decode(b"a\n\xe9".to_vec()), Err("it is not UTF-8 (line 2, byte 2)".into()));
        assert!(super::decode(vec![0xff, 0xfe, 0, 0]).unwrap_err().contains("UTF-16"));
    }
}
