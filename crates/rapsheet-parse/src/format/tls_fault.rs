//! What a failed TLS handshake says about the client. The words are OpenSSL's: <https://github.com/openssl/openssl>,
//! `ssl/ssl_err.c`.

/// Tells whether the bytes that came were no TLS at all. What else fails is between a program and a server that don't suit
/// each other: an old client without a common version or cipher, one that doesn't trust the certificate, or left.
pub(crate) fn is_no_tls(message: &str) -> bool {
    const FAULTS: [&str; 11] = [
        ":http request",
        ":https proxy request",
        ":wrong version number",
        ":unknown protocol",
        ":packet length too long",
        ":record length mismatch",
        ":length too short",
        ":length mismatch",
        ":encrypted length too long",
        ":bad record type",
        ":invalid record",
    ];
    !message.contains(" to upstream") && FAULTS.iter().any(|fault| message.contains(fault))
}

#[cfg(test)]
mod tests {
    use super::is_no_tls;

    #[test]
    fn old_clients_and_upstreams_are_no_attackers() {
        for fault in [
            "SSL_do_handshake() failed (SSL: error:0A00009C:SSL routines::http request) while SSL handshaking",
            "SSL_do_handshake() failed (SSL: error:1408F0C6:SSL routines:ssl3_get_record:packet length too long) while SSL handshaking",
            "SSL Library Error: error:1408F10B:SSL routines:ssl3_get_record:wrong version number",
        ] {
            assert!(is_no_tls(fault), "{fault}");
        }
        for fault in [
            "SSL_do_handshake() failed (SSL: error:1408F10B:SSL routines:ssl3_get_record:wrong version number) while SSL handshaking to upstream",
            "SSL_do_handshake() failed (SSL: error:140A1175:SSL routines:SSL_BYTES_TO_CIPHER_LIST:inappropriate fallback) while SSL handshaking",
            "SSL_do_handshake() failed (SSL: error:0A000102:SSL routines::unsupported protocol) while SSL handshaking",
            "SSL_do_handshake() failed (SSL: error:0A0000C1:SSL routines::no shared cipher) while SSL handshaking",
            "SSL_do_handshake() failed (SSL: error:0A000065:SSL routines::no suitable key share) while SSL handshaking",
            "SSL_do_handshake() failed (SSL: error:0A000126:SSL routines::unexpected eof while reading) while SSL handshaking",
            "SSL_do_handshake() failed (SSL: error:14094416:SSL routines:ssl3_read_bytes:sslv3 alert certificate unknown:SSL alert number 46) while SSL handshaking",
        ] {
            assert!(!is_no_tls(fault), "{fault}");
        }
    }
}
