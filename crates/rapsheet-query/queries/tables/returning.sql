-- Who comes back after a ban: addresses that were banned more than once, by jail and server, with the first and the last time, and whether
-- the bans of that jail grow, as they did or as fail2ban's files say.
SELECT
  c.source_ip AS source_ip, c.source_network AS source_network, c.fail2ban_jail AS fail2ban_jail, c.host_name AS host_name, c.bans AS bans,
  c.fail2ban_bancount AS fail2ban_bancount, c.first_banned_at AS first_banned_at, c.last_banned_at AS last_banned_at, c.still_banned AS still_banned,
  bool_or(c.grows) OVER (PARTITION BY c.fail2ban_jail, c.host_name) OR coalesce(j.bantime_increment, FALSE) AS bans_grow
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
) AS c
LEFT JOIN jail_settings AS j ON j.fail2ban_jail = c.fail2ban_jail
