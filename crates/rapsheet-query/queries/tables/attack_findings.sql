-- The findings about attacks, in the parts that `login_findings` tells of. Kinds: `slow_brute_force` (failed logins on many days, few a day),
-- `never_banned` (many failed logins and no ban, where fail2ban's log was read), `distributed` (many addresses of one network within days, each
-- too seldom to be banned), `returns_after_ban`, `many_addresses_one_user`. Addresses of one network that do the same are one finding. What a
-- person mistyped (`mistyped`) is left out.
-- $threshold = 5: fewer attempts than these a day, and never banned, is under the threshold, where no jail of sshd tells of another
-- From when to when fail2ban's events are known: who came in that time and is in no ban of it was not banned.
WITH watched AS (
  SELECT min(c.first) AS watched_from, max(c.last) AS watched_until, count(*) AS logs
  FROM coverage AS c
  WHERE c.event_dataset LIKE '%fail2ban%'
),
-- What fail2ban's files say of a jail of sshd.
threshold AS (
  SELECT coalesce(max(maxretry), $threshold) AS maxretry, max(setting) AS setting
  FROM (
    SELECT
      maxretry,
      'jail ' || fail2ban_jail || ' bans after ' || CAST(maxretry AS STRING) || CASE WHEN maxretry = 1 THEN ' failure' ELSE ' failures' END
        || coalesce(CASE
          WHEN findtime % 86400 = 0 THEN ' within ' || CAST(CAST(CAST(findtime AS DOUBLE) / nullif(86400, 0) AS BIGINT) AS STRING) || ' d'
          WHEN findtime % 3600 = 0 THEN ' within ' || CAST(CAST(CAST(findtime AS DOUBLE) / nullif(3600, 0) AS BIGINT) AS STRING) || ' h'
          WHEN findtime % 60 = 0 THEN ' within ' || CAST(CAST(CAST(findtime AS DOUBLE) / nullif(60, 0) AS BIGINT) AS STRING) || ' min'
          ELSE ' within ' || CAST(findtime AS STRING) || ' s'
        END, '')
        || coalesce(' (mode ' || mode || ')', '') AS setting,
      row_number() OVER (ORDER BY CASE WHEN fail2ban_jail = 'sshd' THEN 0 ELSE 1 END, fail2ban_jail) AS place
    FROM jail_settings
    WHERE fail2ban_jail LIKE '%ssh%'
  ) AS jail
  WHERE place = 1
),
forgiven AS (
  SELECT p.source_ip AS source_ip, sum(m.failures) AS failures
  FROM mistyped AS m
  JOIN peers AS p ON p.address_id = m.address_id
  GROUP BY p.source_ip
),
failing AS (
  SELECT
    a.source_ip AS source_ip, a.source_network AS source_network, a.failed_logins - coalesce(f.failures, 0) AS failed_logins, a.fail2ban_found AS fail2ban_found,
    a.active_days AS active_days, a.first_seen AS first_seen, a.last_seen AS last_seen, a.users_tried AS users_tried, a.top_users AS top_users
  FROM addresses AS a
  LEFT JOIN forgiven AS f ON f.source_ip = a.source_ip
  WHERE a.bans + a.restored = 0 AND a.failed_logins >= 10
),
unbanned AS (
  SELECT
    source_ip, source_network, failed_logins, fail2ban_found, active_days, last_seen, users_tried, top_users, logs, setting,
    CASE WHEN first_seen >= watched_from AND last_seen <= watched_until + INTERVAL '1' DAY THEN 1 ELSE 0 END AS was_watched,
    CASE WHEN active_days >= 5 AND failed_logins < active_days * maxretry THEN 1 ELSE 0 END AS is_slow
  FROM failing
  CROSS JOIN watched
  CROSS JOIN threshold
  WHERE failed_logins >= 10
),
grouped AS (
  SELECT
    is_slow, source_network, count(*) AS addresses, max(source_ip) AS source_ip, sum(failed_logins) AS failed_logins, max(active_days) AS active_days,
    sum(fail2ban_found) AS fail2ban_found, max(users_tried) AS users_tried, max(top_users) AS top_users, min(was_watched) AS was_watched, max(logs) AS logs, max(setting) AS setting,
    max(last_seen) AS last_seen
  FROM unbanned
  WHERE is_slow = 1 OR was_watched = 1 AND failed_logins >= 20
  GROUP BY is_slow, source_network
)
SELECT
  'warning' AS severity,
  CASE WHEN is_slow = 1 THEN 'slow_brute_force' ELSE 'never_banned' END AS kind,
  CAST(NULL AS STRING) AS question,
  '' AS s1,
  CASE WHEN addresses > 1 THEN addresses END AS n1,
  CASE WHEN addresses > 1 THEN ' addresses of ' || source_network ELSE '' END
    || CASE
      WHEN is_slow = 0 AND addresses > 1 THEN ' were never banned for '
      WHEN is_slow = 0 THEN 'was never banned for '
      WHEN addresses > 1 AND (logs > 0 OR setting IS NOT NULL) THEN ' try slowly, below what fail2ban bans: '
      WHEN addresses > 1 THEN ' try slowly: '
      WHEN logs > 0 OR setting IS NOT NULL THEN 'tries slowly, below what fail2ban bans: '
      ELSE 'tries slowly: '
    END AS s2,
  failed_logins AS n2,
  ' failed logins on ' || CASE WHEN addresses > 1 THEN 'up to ' ELSE '' END AS s3,
  active_days AS n3,
  CASE WHEN active_days = 1 THEN ' day' ELSE ' days' END AS s4,
  addresses,
  '' AS e1,
  CASE WHEN addresses = 1 AND users_tried > 0 THEN users_tried END AS m1,
  CASE WHEN addresses > 1 THEN 'most often ' || coalesce(top_users, 'no user name') WHEN users_tried = 0 THEN 'no user name' WHEN users_tried = 1 THEN ' user name: ' || top_users
      WHEN users_tried <= 5 THEN ' user names: ' || top_users ELSE ' user names, most often ' || top_users END
    || CASE WHEN is_slow = 1 AND was_watched = 1 THEN '; never banned' WHEN is_slow = 1 THEN '' WHEN fail2ban_found > 0 THEN '; fail2ban found '
      || CASE WHEN addresses > 1 THEN 'them ' ELSE 'it ' END ELSE '; fail2ban never found ' || CASE WHEN addresses > 1 THEN 'them: does it ignore them' ELSE 'it: does it ignore the address' END
      || ', or not see such failures?' END AS e2,
  CASE WHEN is_slow = 0 AND fail2ban_found > 0 THEN fail2ban_found END AS m2,
  CASE WHEN is_slow = 1 OR fail2ban_found = 0 THEN '' WHEN fail2ban_found = 1 THEN ' time, too seldom at a time for a ban' ELSE ' times, too seldom at a time for a ban' END AS e3,
  CAST(NULL AS BIGINT) AS m3,
  coalesce('; ' || setting, '') AS e4,
  failed_logins AS weight,
  CASE WHEN addresses = 1 THEN source_ip END AS source_ip, source_network, CAST(NULL AS STRING) AS user_name, CAST(NULL AS STRING) AS url_path,
  last_seen AS at
FROM grouped
UNION ALL
-- An autonomous system is as large as its provider: only addresses of hosting within days look like one attacker.
SELECT
  'warning' AS severity,
  'distributed' AS kind,
  CAST(NULL AS STRING) AS question,
  '' AS s1,
  addresses_under_threshold AS n1,
  ' addresses of ' || network || coalesce(' (' || organization || ')', '') || ' tried ' AS s2,
  attempts_under_threshold AS n2,
  ' times, each too seldom to be banned' AS s3,
  CAST(NULL AS BIGINT) AS n3,
  '' AS s4,
  addresses_under_threshold AS addresses,
  CASE WHEN addresses > addresses_under_threshold THEN 'of ' ELSE 'no other address of it was seen' END AS e1,
  CASE WHEN addresses > addresses_under_threshold THEN addresses END AS m1,
  CASE WHEN addresses > addresses_under_threshold THEN ' addresses; ' ELSE '' END AS e2,
  CASE WHEN addresses > addresses_under_threshold THEN attempts END AS m2,
  CASE WHEN addresses > addresses_under_threshold THEN ' attempts in all' ELSE '' END AS e3,
  CAST(NULL AS BIGINT) AS m3,
  '' AS e4,
  addresses_under_threshold AS weight,
  CAST(NULL AS STRING) AS source_ip,
  network AS source_network,
  CAST(NULL AS STRING) AS user_name, CAST(NULL AS STRING) AS url_path,
  last_under_threshold AS at
FROM networks
WHERE attempts_under_threshold >= 10
  AND (kind = 'network' AND (
      addresses_under_threshold >= 5 AND last_under_threshold <= first_under_threshold + INTERVAL '14' DAY
      OR addresses_under_threshold >= 10 AND last_under_threshold <= first_under_threshold + INTERVAL '31' DAY
      OR addresses_under_threshold >= 20 AND last_under_threshold <= first_under_threshold + INTERVAL '93' DAY)
    OR kind = 'as' AND is_hosting AND addresses_under_threshold >= 20 AND last_under_threshold <= first_under_threshold + INTERVAL '7' DAY)
UNION ALL
SELECT
  CASE WHEN sum(bans) >= 5 AND NOT bool_or(bans_grow) THEN 'warning' ELSE 'notice' END AS severity,
  'returns_after_ban' AS kind,
  CAST(NULL AS STRING) AS question,
  'was banned ' AS s1,
  CAST(sum(bans) AS BIGINT) AS n1,
  CASE WHEN bool_or(bans_grow) THEN ' times and comes back, though its bans grow' ELSE ' times and comes back: a longer ban is due' END AS s2,
  CAST(NULL AS BIGINT) AS n2,
  '' AS s3,
  CAST(NULL AS BIGINT) AS n3,
  '' AS s4,
  CAST(1 AS BIGINT) AS addresses,
  CASE
    WHEN count(*) = 1 THEN 'jail ' || coalesce(max(fail2ban_jail), '?')
    ELSE 'jails ' || array_join(array_sort(array_agg(coalesce(fail2ban_jail, '?') || ' ' || CAST(bans AS STRING))), ', ')
  END || CASE WHEN bool_or(still_banned) THEN '; the logs hold no end of the last ban' ELSE '' END AS e1,
  CAST(NULL AS BIGINT) AS m1,
  '' AS e2,
  CAST(NULL AS BIGINT) AS m2,
  '' AS e3,
  CAST(NULL AS BIGINT) AS m3,
  '' AS e4,
  CAST(sum(bans) AS BIGINT) AS weight,
  source_ip,
  max(source_network) AS source_network,
  CAST(NULL AS STRING) AS user_name, CAST(NULL AS STRING) AS url_path,
  max(last_banned_at) AS at
FROM returning
GROUP BY source_ip
UNION ALL
SELECT
  'notice' AS severity,
  'many_addresses_one_user' AS kind,
  CAST(NULL AS STRING) AS question,
  '' AS s1,
  addresses AS n1,
  ' addresses tried the existing user ' || CASE WHEN regexp_like(user_name, '^[A-Za-z0-9._@$+-]+$') THEN user_name ELSE '"' || user_name || '"' END AS s2,
  CAST(NULL AS BIGINT) AS n2,
  '' AS s3,
  CAST(NULL AS BIGINT) AS n3,
  '' AS s4,
  addresses,
  '' AS e1,
  attempts AS m1,
  ' attempts' AS e2,
  CAST(NULL AS BIGINT) AS m2,
  '' AS e3,
  CAST(NULL AS BIGINT) AS m3,
  '' AS e4,
  addresses AS weight,
  CAST(NULL AS STRING) AS source_ip,
  CAST(NULL AS STRING) AS source_network,
  user_name, CAST(NULL AS STRING) AS url_path,
  last_seen AS at
FROM users
WHERE user_exists AND user_name <> 'root' AND addresses >= 10
