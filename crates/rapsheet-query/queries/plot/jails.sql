-- What each jail of fail2ban did: bans, bans put back after a restart, and how many have ended or last.
-- $limit = 21: how many jails
SELECT
  fail2ban_jail,
  count(*) FILTER (WHERE kind = 'new') AS bans,
  count(*) FILTER (WHERE kind = 'restored') AS restored,
  count(*) FILTER (WHERE ended_by = 'unban') AS unbanned,
  count(*) FILTER (WHERE ended_by = 'still banned') AS still_banned
FROM bans
GROUP BY fail2ban_jail
ORDER BY bans DESC, restored DESC, fail2ban_jail NULLS LAST
LIMIT $limit
