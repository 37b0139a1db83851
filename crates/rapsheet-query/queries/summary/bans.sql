-- What each jail of fail2ban did: bans, addresses, how they ended.
-- $limit = 10: how many jails
SELECT
  fail2ban_jail,
  count(*) FILTER (WHERE kind = 'new') AS bans,
  count(*) FILTER (WHERE kind = 'restored') AS restored,
  count(DISTINCT source_ip) AS addresses,
  count(*) FILTER (WHERE ended_by = 'still banned') AS still_banned,
  max(banned_at) AS last_banned_at
FROM bans
GROUP BY fail2ban_jail
ORDER BY bans DESC, fail2ban_jail NULLS LAST
LIMIT $limit
