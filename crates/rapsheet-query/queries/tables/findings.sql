-- What a person should act on: severity (`critical`, `warning`, `notice`), kind, a statement, how many addresses it is about, its
-- evidence, a weight among those of its kind, the address or network, and when. User names stand as the log has them. Kinds:
-- `got_in` and `got_in_network` (a login after failures of the address, or of its network; a notice where it looks like a mistyped
-- password), `probed_secret_answered`, `attack_answered` (a shell, an injection, a traversal or a known hole was asked for, and the
-- server answered with success), `root_login_by_password`, `distributed` (many addresses of one network, each too seldom to be
-- banned), `slow_brute_force`, `never_banned` (many failed logins and no ban, where fail2ban's log was read), `returns_after_ban`,
-- `many_addresses_one_user`.
-- $threshold = 5: fewer attempts than these, and never banned, is under the threshold
WITH judged AS (
  SELECT
    source_ip, source_network, host_name, coalesce(user_name, '?') AS user_name, coalesce(openssh_auth_method, 'unknown method') AS method, at,
    CASE WHEN service_name = 'sshd' THEN 'logged in' ELSE 'logged in to ' || service_name END AS logged_in, failures_before, user_names_before, network_failures_before, network_addresses_before, grade, network_grade
  FROM logins
),
ranked AS (
  SELECT
    source_ip, source_network, host_name, user_name, method, at, logged_in, failures_before, user_names_before, grade,
    row_number() OVER (PARTITION BY source_ip ORDER BY grade DESC, failures_before DESC, at, user_name, method, host_name NULLS FIRST) AS place,
    count(*) OVER (PARTITION BY source_ip) AS successes
  FROM judged
  WHERE grade > 0
),
network_ranked AS (
  SELECT
    source_ip, source_network, host_name, user_name, method, at, logged_in, failures_before, network_failures_before, network_addresses_before,
    row_number() OVER (PARTITION BY source_ip ORDER BY at, user_name, method, host_name NULLS FIRST) AS place
  FROM judged
  WHERE network_grade = 1
),
-- From when to when fail2ban's events are known: who came in that time and is in no ban of it was not banned.
watched AS (
  SELECT min(coverage.first) AS watched_from, max(coverage.last) AS watched_until
  FROM coverage
  WHERE event_dataset LIKE '%fail2ban%'
),
unbanned AS (
  SELECT
    source_ip, source_network, failed_logins, fail2ban_found, active_days, last_seen,
    CASE WHEN users_tried = 0 THEN 'no user name' ELSE CAST(users_tried AS STRING) END
      || CASE WHEN users_tried = 0 THEN '' WHEN users_tried = 1 THEN ' user name: ' WHEN users_tried <= 5 THEN ' user names: ' ELSE ' user names, most often ' END
      || coalesce(top_users, '') AS users,
    CASE WHEN first_seen >= watched_from AND last_seen <= watched_until + INTERVAL '1' DAY THEN 1 ELSE 0 END AS was_watched,
    CASE WHEN active_days >= 5 AND failed_logins < active_days * $threshold THEN 1 ELSE 0 END AS is_slow
  FROM addresses
  CROSS JOIN watched
  WHERE bans + restored = 0 AND failed_logins >= 10
)
SELECT
  CASE grade WHEN 3 THEN 'critical' WHEN 2 THEN 'warning' ELSE 'notice' END AS severity,
  'got_in' AS kind,
  logged_in || ' as `' || user_name || '` by ' || method || ' after ' || CAST(failures_before AS STRING) || CASE WHEN failures_before = 1 THEN ' failure' ELSE ' failures' END
    || CASE WHEN grade = 1 THEN ': a mistyped password?' WHEN user_names_before >= 2 THEN ' with ' || CAST(user_names_before AS STRING) || ' user names' ELSE '' END AS statement,
  CAST(1 AS BIGINT) AS addresses,
  concat_ws('; ', 'on ' || host_name, CAST(successes AS STRING) || CASE WHEN successes = 1 THEN ' such login' ELSE ' such logins' END) AS evidence,
  CAST(failures_before AS BIGINT) AS weight,
  source_ip, source_network, at
FROM ranked
WHERE place = 1
UNION ALL
SELECT
  'warning' AS severity,
  'got_in_network' AS kind,
  logged_in || ' as `' || user_name || '` by ' || method || ' after ' || CAST(network_failures_before AS STRING) || ' failures from '
    || CAST(network_addresses_before AS STRING) || CASE WHEN network_addresses_before = 1 THEN ' other address' ELSE ' other addresses' END || ' of ' || source_network AS statement,
  CAST(1 AS BIGINT) AS addresses,
  concat_ws('; ', 'on ' || host_name, CAST(failures_before AS STRING) || CASE WHEN failures_before = 1 THEN ' failure' ELSE ' failures' END || ' of its own before') AS evidence,
  CAST(network_failures_before AS BIGINT) AS weight,
  source_ip, source_network, at
FROM network_ranked
WHERE place = 1
UNION ALL
SELECT
  'critical' AS severity,
  'probed_secret_answered' AS kind,
  'asked for secrets and got an answer: `' || min(url_path) || '`' || CASE WHEN count(*) > 1 THEN ' and ' || CAST(count(*) - 1 AS STRING) || ' more' ELSE '' END AS statement,
  CAST(1 AS BIGINT) AS addresses,
  CAST(sum(answered) AS STRING) || CASE WHEN sum(answered) = 1 THEN ' request answered' ELSE ' requests answered' END AS evidence,
  CAST(sum(answered) AS BIGINT) AS weight,
  source_ip,
  CAST(NULL AS STRING) AS source_network,
  min(first_seen) AS at
FROM address_paths
WHERE reason = 'probe_secrets' AND answered > 0
GROUP BY source_ip
UNION ALL
-- Many servers answer whatever they are asked, so this is no proof; and that the front page answers tells nothing at all.
SELECT
  'warning' AS severity,
  'attack_answered' AS kind,
  'attacked web programs and got an answer: `' || min(url_path) || '`' || CASE WHEN count(*) > 1 THEN ' and ' || CAST(count(*) - 1 AS STRING) || ' more' ELSE '' END AS statement,
  CAST(1 AS BIGINT) AS addresses,
  CAST(sum(answered) AS STRING) || CASE WHEN sum(answered) = 1 THEN ' request' ELSE ' requests' END || ' answered (' || max(reason)
    || CASE WHEN min(reason) < max(reason) THEN ', ' || min(reason) ELSE '' END || '): look whether the server answers so to anything' AS evidence,
  CAST(sum(answered) AS BIGINT) AS weight,
  source_ip,
  CAST(NULL AS STRING) AS source_network,
  max(last_seen) AS at
FROM address_paths
WHERE reason IN ('probe_shell', 'probe_injection', 'probe_traversal', 'probe_cve') AND answered > 0 AND url_path <> '/'
GROUP BY source_ip
UNION ALL
SELECT
  'warning' AS severity,
  'root_login_by_password' AS kind,
  'logged in as `root` by ' || max(method) || ': allow keys only' AS statement,
  CAST(1 AS BIGINT) AS addresses,
  CAST(count(*) AS STRING) || CASE WHEN count(*) = 1 THEN ' login' ELSE ' logins' END AS evidence,
  CAST(count(*) AS BIGINT) AS weight,
  source_ip,
  max(source_network) AS source_network,
  min(at) AS at
FROM judged
WHERE user_name = 'root' AND (method = 'password' OR method LIKE 'keyboard-interactive%')
GROUP BY source_ip
UNION ALL
SELECT
  CASE WHEN sum(bans) >= 5 THEN 'warning' ELSE 'notice' END AS severity,
  'returns_after_ban' AS kind,
  'was banned ' || CAST(sum(bans) AS STRING) || ' times and comes back: a longer ban is due' AS statement,
  CAST(1 AS BIGINT) AS addresses,
  CASE
    WHEN count(*) = 1 THEN 'jail ' || coalesce(max(fail2ban_jail), '?')
    ELSE 'jails ' || array_join(array_sort(array_agg(coalesce(fail2ban_jail, '?') || ' ' || CAST(bans AS STRING))), ', ')
  END || CASE WHEN bool_or(still_banned) THEN '; the logs hold no end of the last ban' ELSE '' END AS evidence,
  CAST(sum(bans) AS BIGINT) AS weight,
  source_ip,
  max(source_network) AS source_network,
  max(last_banned_at) AS at
FROM returning
GROUP BY source_ip
UNION ALL
SELECT
  'warning' AS severity,
  'slow_brute_force' AS kind,
  'tries slowly, below what fail2ban bans: ' || CAST(failed_logins AS STRING) || ' failed logins on ' || CAST(active_days AS STRING) || ' days' AS statement,
  CAST(1 AS BIGINT) AS addresses,
  CASE WHEN was_watched = 1 THEN users || '; never banned' ELSE users END AS evidence,
  CAST(failed_logins AS BIGINT) AS weight,
  source_ip, source_network,
  last_seen AS at
FROM unbanned
WHERE is_slow = 1
UNION ALL
SELECT
  'warning' AS severity,
  'never_banned' AS kind,
  'was never banned for ' || CAST(failed_logins AS STRING) || ' failed logins on ' || CAST(active_days AS STRING) || CASE WHEN active_days = 1 THEN ' day' ELSE ' days' END AS statement,
  CAST(1 AS BIGINT) AS addresses,
  users || CASE
    WHEN fail2ban_found > 0 THEN '; fail2ban found it ' || CAST(fail2ban_found AS STRING) || CASE WHEN fail2ban_found = 1 THEN ' time' ELSE ' times' END || ', too seldom at a time for a ban'
    ELSE '; fail2ban never found it: does it ignore the address, or not see such failures?'
  END AS evidence,
  CAST(failed_logins AS BIGINT) AS weight,
  source_ip, source_network,
  last_seen AS at
FROM unbanned
WHERE is_slow = 0 AND was_watched = 1 AND failed_logins >= 20
UNION ALL
SELECT
  'warning' AS severity,
  'distributed' AS kind,
  CAST(addresses_under_threshold AS STRING) || ' addresses of ' || network || coalesce(' (' || organization || ')', '') || ' tried ' || CAST(attempts_under_threshold AS STRING)
    || ' times, each too seldom to be banned' AS statement,
  CAST(addresses_under_threshold AS BIGINT) AS addresses,
  CASE
    WHEN addresses > addresses_under_threshold THEN 'of ' || CAST(addresses AS STRING) || ' addresses; ' || CAST(attempts AS STRING) || ' attempts in all'
    ELSE 'no other address of it was seen'
  END AS evidence,
  CAST(addresses_under_threshold AS BIGINT) AS weight,
  CAST(NULL AS STRING) AS source_ip,
  network AS source_network,
  last_seen AS at
FROM networks
WHERE attempts_under_threshold >= 10
  AND ((kind = 'network' AND addresses_under_threshold >= 5) OR (kind = 'as' AND addresses_under_threshold >= 20))
UNION ALL
SELECT
  'notice' AS severity,
  'many_addresses_one_user' AS kind,
  CAST(addresses AS STRING) || ' addresses tried the existing user `' || user_name || '`' AS statement,
  CAST(addresses AS BIGINT) AS addresses,
  CAST(attempts AS STRING) || ' attempts' AS evidence,
  CAST(addresses AS BIGINT) AS weight,
  CAST(NULL AS STRING) AS source_ip,
  CAST(NULL AS STRING) AS source_network,
  last_seen AS at
FROM users
WHERE user_exists AND user_name <> 'root' AND addresses >= 10
