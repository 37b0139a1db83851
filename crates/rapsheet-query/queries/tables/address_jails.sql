-- What each jail of fail2ban saw of each address: finds, bans, lifted and restored bans.
SELECT
  p.source_ip AS source_ip,
  n.name AS fail2ban_jail,
  r.found AS found,
  r.bans AS bans,
  r.unbans AS unbans,
  r.restored AS restored
FROM (
  SELECT
    address_id,
    jail_id,
    coalesce(sum(events) FILTER (WHERE event_action = 'found'), 0) AS found,
    coalesce(sum(events) FILTER (WHERE event_action = 'ban'), 0) AS bans,
    coalesce(sum(events) FILTER (WHERE event_action = 'unban'), 0) AS unbans,
    coalesce(sum(events) FILTER (WHERE event_action = 'restore_ban'), 0) AS restored
  FROM rollup_jail
  GROUP BY address_id, jail_id
) AS r
JOIN peers AS p ON p.address_id = r.address_id
JOIN names AS n ON n.name_id = r.jail_id
WHERE p.source_ip IS NOT NULL
