-- What each jail of fail2ban saw of each address: finds, bans, lifted and restored bans.
SELECT
  source_ip,
  fail2ban_jail,
  coalesce(sum(events) FILTER (WHERE event_action = 'found'), 0) AS found,
  coalesce(sum(events) FILTER (WHERE event_action = 'ban'), 0) AS bans,
  coalesce(sum(events) FILTER (WHERE event_action = 'unban'), 0) AS unbans,
  coalesce(sum(events) FILTER (WHERE event_action = 'restore_ban'), 0) AS restored
FROM activity
WHERE source_ip IS NOT NULL AND service_name = 'fail2ban' AND fail2ban_jail IS NOT NULL
GROUP BY source_ip, fail2ban_jail
