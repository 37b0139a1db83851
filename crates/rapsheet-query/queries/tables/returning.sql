-- Who comes back after a ban: addresses that were banned more than once, by jail and server, with the first and the last time, and whether
-- the bans of that jail grow.
SELECT
  source_ip, source_network, fail2ban_jail, host_name, bans, fail2ban_bancount, first_banned_at, last_banned_at, still_banned,
  bool_or(grows) OVER (PARTITION BY fail2ban_jail, host_name) AS bans_grow
FROM (
  SELECT
    source_ip,
    max(source_network) AS source_network,
    fail2ban_jail,
    host_name,
    count(*) AS bans,
    max(fail2ban_bancount) AS fail2ban_bancount,
    min(banned_at) AS first_banned_at,
    max(banned_at) AS last_banned_at,
    bool_or(ended_by = 'still banned') AS still_banned,
    coalesce(max(fail2ban_bantime) > min(fail2ban_bantime) OR min(fail2ban_bantime) = -1, FALSE) AS grows
  FROM bans
  WHERE kind = 'new'
  GROUP BY source_ip, fail2ban_jail, host_name
  HAVING count(*) > 1
) AS counted
