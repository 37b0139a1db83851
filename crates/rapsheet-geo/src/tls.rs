//! What TLS says when it finds no trust: whose fault that is, and what a person can do about it.

use std::error::Error;

use rustls::{CertificateError, Error as TlsError};

use crate::service::response::StopHint;

/// Finds TLS's own word among the causes of an error, as advice. Trying again doesn't mend a certificate.
pub(crate) fn tls_fault(error: &reqwest::Error) -> Option<StopHint> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(fault) = error.downcast_ref::<TlsError>() {
            return Some(hint_of(fault));
        }
        // An I/O error hides what it was made of from `source`.
        let inside = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .map(|inside| inside as &(dyn Error + 'static));
        cause = inside.or_else(|| error.source());
    }
    None
}

fn hint_of(fault: &TlsError) -> StopHint {
    match fault {
        TlsError::InvalidCertificate(fault) => match fault {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => StopHint::Clock,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                StopHint::Name
            }
            _ => StopHint::Authority,
        },
        _ => StopHint::Tls,
    }
}
