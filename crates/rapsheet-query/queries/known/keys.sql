-- Addresses from which people logged in by key on many days, and from which nobody ever failed: people who work here?
-- $days = 7: on how many days at least
-- $limit = 20: how many
SELECT
  l.source_ip AS source_ip, l.logins AS logins, l.days AS days, l.users AS users, l.user_name AS user_name
FROM (
  SELECT
    source_ip, count(*) AS logins, count(DISTINCT date_trunc('day', at)) AS days,
    count(DISTINCT user_name) AS users, min(user_name) AS user_name
  FROM logins
  GROUP BY source_ip
  HAVING min(openssh_auth_method) = 'publickey' AND max(openssh_auth_method) = 'publickey'
) AS l
JOIN addresses AS a ON a.source_ip = l.source_ip
LEFT JOIN known_addresses AS k ON k.source_ip = l.source_ip
WHERE l.days >= $days AND a.failed_logins = 0 AND a.bans + a.restored = 0 AND k.known_id IS NULL
ORDER BY l.days DESC, l.logins DESC, l.source_ip
LIMIT $limit
