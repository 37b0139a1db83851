-- Every ban, from when to when, the latest first.
-- $limit = 100000: how many
SELECT source_ip, host_name, fail2ban_jail, banned_at AS banned_from, unbanned_at AS banned_until, ended_by AS ended, kind = 'restored' AS restored, fail2ban_bantime AS seconds
FROM bans
ORDER BY banned_at DESC NULLS LAST, source_ip, fail2ban_jail NULLS FIRST, unbanned_at NULLS FIRST
LIMIT $limit
