-- Who comes back after a ban: addresses that were banned more than once, by jail and server, with the first and the last time.
SELECT
  source_ip,
  max(source_network) AS source_network,
  fail2ban_jail,
  host_name,
  count(*) AS bans,
  max(fail2ban_bancount) AS fail2ban_bancount,
  min(banned_at) AS first_banned_at,
  max(banned_at) AS last_banned_at,
  bool_or(ended_by = 'still banned') AS still_banned
FROM bans
WHERE kind = 'new'
GROUP BY source_ip, fail2ban_jail, host_name
HAVING count(*) > 1
