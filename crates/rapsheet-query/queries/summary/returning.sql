-- Who comes back after bans.
-- $limit = 10: how many
SELECT source_ip, fail2ban_jail, bans, fail2ban_bancount, first_banned_at, last_banned_at, still_banned
FROM returning
ORDER BY bans DESC, source_ip, fail2ban_jail NULLS LAST
LIMIT $limit
