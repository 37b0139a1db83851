//! The messages that tell of nobody: sshd's starts and stops, its configuration, forwardings, keys, DNS remarks.

/// Tells whether a message, without its level, is one that we know and that needs no event.
pub(super) fn is_known(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix("debug")
        && rest.as_bytes().get(1) == Some(&b':')
    {
        return true;
    }
    let Some(first) = text.as_bytes().first() else {
        return true;
    };
    starts_with(*first)
        .iter()
        .any(|start| text.starts_with(start))
        || ENDS.iter().any(|end| text.ends_with(end))
}

/// Returns the beginnings whose first byte is this one.
fn starts_with(first: u8) -> &'static [&'static str] {
    let at = usize::from(first.min(0x7f));
    &STARTS[usize::from(BOUNDS[at])..usize::from(BOUNDS[at + 1])]
}

/// Where in [`STARTS`] the beginnings of each first byte stand: `BOUNDS[byte]` up to `BOUNDS[byte + 1]`.
const BOUNDS: [u8; 129] = {
    let mut bounds = [0; 129];
    let mut index = 0;
    while index < STARTS.len() {
        let first = STARTS[index].as_bytes()[0] as usize;
        assert!(
            first < 0x7f && bounds[first + 2] == 0,
            "sorted by the first byte"
        );
        index += 1;
        bounds[first + 1] = index as u8;
    }
    assert!(STARTS.len() < 256);
    let mut byte = 1;
    while byte < bounds.len() {
        if bounds[byte] == 0 {
            bounds[byte] = bounds[byte - 1];
        }
        byte += 1;
    }
    bounds
};

/// How quiet messages begin, sorted.
const STARTS: &[&str] = &[
    "/etc/",
    "Accepted certificate ID ",
    "Accepted key ",
    "Account ",
    "Address ",
    "Allocated port ",
    "Allowing ",
    "Attempt to write login records by non-root user",
    "Authenticated to ",
    "Authentication key ",
    "Authentication refused: ",
    "Authentication succeeded",
    "Authorized to ",
    "AuthorizedKeysCommand ",
    "AuthorizedPrincipalsCommand ",
    "Bad options",
    "Bind to port ",
    "CA ",
    "Cannot bind ",
    "Cannot delete credentials",
    "Certificate ",
    "Certificate's ",
    "Changed root directory to ",
    "Channel ",
    "Client protocol version ",
    "Connection forwarding ",
    "Could not chdir to home directory ",
    "Could not create ",
    "Could not find ",
    "Could not get shadow information for ",
    "Could not load ",
    "Could not open ",
    "Could not reverse map ",
    "Could not stat ",
    "Could not verify ",
    "Deprecated option",
    "Deprecated setting",
    "Directive ",
    "Disabling protocol version ",
    "Exiting on signal ",
    "Failed to ",
    "Found matching ",
    "Generating ",
    "Generation of ",
    "Host key ",
    "Ignoring ",
    "Incorrect number of arguments",
    "Invalid ssh",
    "Key ",
    "Login restricted",
    "Missing privilege separation directory",
    "Module ",
    "Nasty PTR record ",
    "No supported ",
    "No user exists for uid ",
    "Partial ",
    "Password change ",
    "Port forwarding ",
    "Postponed ",
    "Privilege separation ",
    "RESTART ",
    "RSA key generation complete",
    "Received SIGHUP",
    "Received key ",
    "Received request to connect to ",
    "Received signal ",
    "Received window adjust",
    "Refusing ",
    "Reloaded ",
    "Reloading ",
    "Rhosts authentication refused",
    "Server listening on ",
    "Server received ",
    "Set /proc/self/oom_score_adj",
    "Socket ",
    "Started ",
    "Stopped ",
    "Stopping ",
    "Transferred: ",
    "Tunnel ",
    "Unable to get ",
    "Unable to load ",
    "Unable to open ",
    "Unsafe ",
    "Unsupported SSH ",
    "Unsupported option ",
    "User child is on pid ",
    "Warning: ",
    "X11 ",
    "Your ",
    "accept: ",
    "active: key options",
    "adjusting timing",
    "auth_",
    "authorized_keys",
    "bad username ",
    "beginning MaxStartups throttling",
    "bind: ",
    "buffer_",
    "chan_",
    "channel ",
    "channel_",
    "check pass; user unknown",
    "chroot(",
    "chroot_path ",
    "cipher_",
    "command-line line ",
    "compress",
    "connect to ",
    "connect_to ",
    "cookie",
    "couldn't ",
    "daemon() failed",
    "delaying ",
    "dispatch_",
    "do_exec_",
    "dup2 ",
    "evp_",
    "exited MaxStartups throttling",
    "expand_",
    "fd ",
    "fork of ",
    "fork: ",
    "getnameinfo failed",
    "getpeername failed",
    "getsockname failed",
    "grace_alarm_handler",
    "hostkeys_",
    "ignoring ",
    "initgroups: ",
    "input_userauth_request: ",
    "internal-sftp",
    "ioctl",
    "kex: ",
    "kexgex_",
    "key_",
    "lastlog_",
    "listen on ",
    "listen_",
    "load_server_config",
    "login_",
    "mac ",
    "mac_",
    "main process exited",
    "mm_",
    "monitor_",
    "mux_",
    "no hostkeys available",
    "no login",
    "no more sessions",
    "not enough ",
    "open \"/",
    "open failed",
    "openpty",
    "packet_",
    "parse_",
    "penalty",
    "permanently_",
    "preauth child",
    "privsep_",
    "process_",
    "proxyjump",
    "pselect: ",
    "read_config_file",
    "reexec ",
    "rekey",
    "reload",
    "reprocess config ",
    "restrict_",
    "reverse mapping checking ",
    "rexec ",
    "rexec_",
    "select: ",
    "send_rexec_state",
    "sent status ",
    "servconf_",
    "server_",
    "session_",
    "setlogin failed",
    "setreuid ",
    "setsockopt ",
    "setusercontext",
    "sftp-server",
    "socket: ",
    "srclimit_",
    "ssh-",
    "ssh_",
    "sshbuf_",
    "sshd: ",
    "sshkey_",
    "sshpkt_",
    "sshsk_",
    "stat: ",
    "subsystem request for ",
    "subsystem: ",
    "sys_",
    "syslogin_",
    "temporarily_use_uid",
    "trying ",
    "tun_",
    "unpermitted ",
    "userauth-request ",
    "userauth_",
    "utmp",
    "waitpid",
    "warning: ",
    "wtmp_",
    "xauth",
];

/// How quiet messages end.
const ENDS: &[&str] = &[
    "Address already in use.",
    "POSSIBLE BREAK-IN ATTEMPT!",
    "POSSIBLE BREAK-IN ATTEMPT",
];
