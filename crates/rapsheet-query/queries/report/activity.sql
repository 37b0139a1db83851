-- Events by hour and by all that the report's page filters by. A name that few events bear becomes `(other)`. Whoever asks
-- sorts the answer: as text it is many times larger than as the numbers that it becomes.
-- $names = 20000: how many user names, paths and agents keep their names
WITH kept_users AS (
  SELECT user_name AS kept FROM (SELECT user_name, sum(events) AS events FROM activity WHERE user_name IS NOT NULL GROUP BY user_name) AS counted ORDER BY events DESC, user_name LIMIT $names
),
kept_paths AS (
  SELECT url_path AS kept FROM (SELECT url_path, sum(events) AS events FROM activity WHERE url_path IS NOT NULL GROUP BY url_path) AS counted ORDER BY events DESC, url_path LIMIT $names
),
kept_agents AS (
  SELECT user_agent_original AS kept FROM (SELECT user_agent_original, sum(events) AS events FROM activity WHERE user_agent_original IS NOT NULL GROUP BY user_agent_original) AS counted
  ORDER BY events DESC, user_agent_original LIMIT $names
),
named AS (
  SELECT
    a.hour, a.source_ip, a.service_name, a.event_action, a.event_outcome, a.reason, a.suspicious, a.fail2ban_jail, a.events, a.attempts,
    CASE WHEN a.user_name IS NULL OR u.kept IS NOT NULL THEN a.user_name ELSE '(other)' END AS user_name,
    CASE WHEN a.url_path IS NULL OR p.kept IS NOT NULL THEN a.url_path ELSE '(other)' END AS url_path,
    CASE WHEN a.user_agent_original IS NULL OR g.kept IS NOT NULL THEN a.user_agent_original ELSE '(other)' END AS user_agent_original
  FROM activity AS a
  LEFT JOIN kept_users AS u ON u.kept = a.user_name
  LEFT JOIN kept_paths AS p ON p.kept = a.url_path
  LEFT JOIN kept_agents AS g ON g.kept = a.user_agent_original
)
SELECT
  hour, source_ip, service_name, event_action, event_outcome, reason, suspicious, user_name, fail2ban_jail, url_path, user_agent_original,
  sum(events) AS events, sum(attempts) AS attempts
FROM named
GROUP BY hour, source_ip, service_name, event_action, event_outcome, reason, suspicious, user_name, fail2ban_jail, url_path, user_agent_original
