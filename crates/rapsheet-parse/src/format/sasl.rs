//! The mechanisms of SASL, as the daemons of mail name them.
//!
//! <https://www.iana.org/assignments/sasl-mechanisms/sasl-mechanisms.xhtml>. A client chooses the name that it sends, so
//! that only names of the list become a value.

/// The mechanisms that servers of mail offer, in lower case.
const MECHANISMS: [&str; 19] = [
    "plain",
    "login",
    "cram-md5",
    "digest-md5",
    "apop",
    "scram-sha-1",
    "scram-sha-1-plus",
    "scram-sha-256",
    "scram-sha-256-plus",
    "xoauth2",
    "oauthbearer",
    "external",
    "gssapi",
    "gss-spnego",
    "ntlm",
    "otp",
    "skey",
    "rpa",
    "anonymous",
];

/// Finds a mechanism by its name, whatever its case; returns the name in lower case.
pub(super) fn mechanism(name: &str) -> Option<&'static str> {
    MECHANISMS
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
}
