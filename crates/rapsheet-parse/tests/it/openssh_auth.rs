//! sshd's messages: one snapshot for each fixture.
