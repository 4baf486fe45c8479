//! TLS with rustls: what each `sslmode` asks of a server's certificate, as libpq has it.
//!
//! Two differences, both on the careful side: a name must be in the certificate's `subjectAltName` (libpq falls back
//! to the common name), and `prefer` and `allow` do not look at `~/.postgresql/root.crt` (where libpq goes on without
//! TLS when the certificate does not match it).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::settings::{RootCertificates, SslMode, TlsSettings};

/// The TLS side of a connection; an error is one sentence about the user's files.
pub fn connector(settings: &TlsSettings) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(Verifier::new(settings, provider.clone())?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match &settings.certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(read_certificates(certificate)?, read_key(key)?)
            .map_err(|error| format!("the certificate {} cannot be used: {error}", certificate.display()))?,
    };
    Ok(MakeRustlsConnect::new(config))
}

/// Checks what the mode asks for, and always that the server holds its certificate's key.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// `None` takes any certificate.
    chain: Option<Chain>,
}

#[derive(Debug)]
struct Chain {
    webpki: Arc<WebPkiServerVerifier>,
    roots: Vec<CertificateDer<'static>>,
    check_name: bool,
}

impl Verifier {
    fn new(settings: &TlsSettings, provider: Arc<CryptoProvider>) -> Result<Verifier, String> {
        let file = match &settings.roots {
            RootCertificates::System => None,
            RootCertificates::File(path) => Some(path.clone()),
            RootCertificates::Default(path) => path.clone(),
        };
        let exists = file.as_ref().is_some_and(|file| file.exists());
        let chain = match settings.mode {
            SslMode::Disable | SslMode::Allow | SslMode::Prefer => None,
            // With an authority at hand `require` means `verify-ca`, as it did before there was such a mode.
            SslMode::Require if !exists => None,
            _ if settings.roots != RootCertificates::System && !exists => return Err(no_roots(file)),
            mode => {
                let roots = match file {
                    Some(file) => read_certificates(&file)?,
                    None => rustls_native_certs::load_native_certs().certs,
                };
                let mut store = RootCertStore::empty();
                let (added, _) = store.add_parsable_certificates(roots.iter().cloned());
                if added == 0 {
                    return Err("no root certificate can be used to check the server's".to_owned());
                }
                let webpki = WebPkiServerVerifier::builder_with_provider(store.into(), provider.clone())
                    .build()
                    .map_err(|error| format!("the root certificates cannot be used: {error}"))?;
                Some(Chain { webpki, roots, check_name: mode == SslMode::VerifyFull })
            }
        };
        Ok(Verifier { provider, chain })
    }
}

fn no_roots(file: Option<PathBuf>) -> String {
    let file = file.map_or("~/.postgresql/root.crt".to_owned(), |file| file.display().to_string());
    format!(
        "the root certificate {file} does not exist: provide it, name another with sslrootcert, or use \
         sslrootcert=system for the system's"
    )
}

impl Chain {
    fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        use CertificateError::{
            BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
            NotValidYetContext, Revoked,
        };
        let Err(error) = self.webpki.verify_server_cert(certificate, intermediates, name, &[], now) else {
            return Ok(());
        };
        match &error {
            // The chain is looked at first: only the name is wrong.
            rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })
                if !self.check_name =>
            {
                Ok(())
            }
            rustls::Error::InvalidCertificate(
                Expired
                | ExpiredContext { .. }
                | NotValidYet
                | NotValidYetContext { .. }
                | BadSignature
                | Revoked,
            ) => Err(error),
            // A server's own certificate given as the root, as many self-made ones are: rustls wants an authority
            // there, PostgreSQL's users (and OpenSSL) do not.
            _ if self.roots.iter().any(|root| root.as_ref() == certificate.as_ref()) => {
                if self.check_name {
                    rustls::client::verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                }
                Ok(())
            }
            _ => Err(error),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(chain) = &self.chain {
            chain.verify(certificate, intermediates, name, now)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(|certificates| certificates.collect::<Result<Vec<_>, _>>())
        .map_err(|error| format!("the certificate {} cannot be read: {error}", path.display()))?;
    if certificates.is_empty() {
        return Err(format!("{} holds no certificate", path.display()));
    }
    Ok(certificates)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| {
        format!("the key {} cannot be read (one with a passphrase is not supported): {error}", path.display())
    })
}

/// Why a handshake failed, in words: the rest of a sentence that begins with the server's name.
pub fn explain(error: &rustls::Error) -> String {
    use CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "its certificate is for another host name (sslmode=verify-ca would not look at the name)"
                    .to_owned()
            }
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                "its certificate has expired".to_owned()
            }
            Certificate::UnknownIssuer | Certificate::BadSignature => {
                "its certificate is not signed by the authority in sslrootcert".to_owned()
            }
            _ => format!("its certificate is not valid: {error}"),
        },
        rustls::Error::AlertReceived(alert) => format!("it ended the TLS handshake ({alert:?})"),
        _ => format!("TLS failed: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn file(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/tls").join(name)
    }

    /// Whether the mode takes the certificate for the name, with the root, at a time in years from now.
    fn takes(mode: SslMode, root: &str, certificate: &str, name: &str, years: u64) -> bool {
        let settings = TlsSettings { mode, roots: RootCertificates::File(file(root)), certificate: None };
        let verifier = Verifier::new(&settings, Arc::new(rustls::crypto::ring::default_provider())).unwrap();
        let certificate = read_certificates(&file(certificate)).unwrap().remove(0);
        let now = UnixTime::now().as_secs() + years * 31_557_600;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        verifier.verify_server_cert(&certificate, &[], &ServerName::try_from(name).unwrap(), &[], now).is_ok()
    }

    #[test]
    fn a_servers_own_certificate_can_be_the_root() {
        use SslMode::{VerifyCa, VerifyFull};
        assert!(takes(VerifyCa, "self-signed.crt", "self-signed.crt", "other.example", 0));
        assert!(takes(VerifyFull, "self-signed.crt", "self-signed.crt", "db.example", 0));
        assert!(!takes(VerifyFull, "self-signed.crt", "self-signed.crt", "other.example", 0));
        assert!(!takes(VerifyCa, "self-signed.crt", "server.crt", "localhost", 0));
        assert!(!takes(VerifyCa, "ca.crt", "self-signed.crt", "db.example", 0));
    }

    #[test]
    fn an_expired_certificate_is_not_taken() {
        use SslMode::{Prefer, VerifyCa};
        assert!(takes(VerifyCa, "ca.crt", "server.crt", "localhost", 50));
        for certificate in ["server.crt", "self-signed.crt"] {
            let root = if certificate == "server.crt" { "ca.crt" } else { certificate };
            assert!(!takes(VerifyCa, root, certificate, "localhost", 150), "{certificate}");
            assert!(takes(Prefer, root, certificate, "localhost", 150), "{certificate}");
        }
    }
}
