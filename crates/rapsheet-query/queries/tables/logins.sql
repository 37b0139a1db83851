-- Every successful login, with what failed before it: from the same address since its previous login, and from the other
-- addresses of its network. A failed key is no failure here, because a client offers all its keys in turn.
-- Failures are known to the hour and the user name: a group of them that began before the login counts as before it.
-- `grade` says how its own failures look: 0 there were none, 1 a mistyped password, 2 odd, 3 guessing.
WITH successes AS (
  SELECT source_ip, source_network, host_name, user_name, openssh_auth_method, first_seen AS at
  FROM activity
  WHERE event_action = 'login' AND event_outcome = 'success' AND source_ip IS NOT NULL
),
networks AS (
  SELECT DISTINCT source_network FROM successes
),
failures AS (
  SELECT source_ip, source_network, host_name, user_name, hour, sum(attempts) AS attempts, min(first_seen) AS at
  FROM activity
  WHERE service_name = 'sshd' AND suspicious AND source_ip IS NOT NULL AND event_outcome <> 'success'
    AND (event_action IN ('login', 'refused') OR (event_action = 'preauth_close' AND user_name IS NOT NULL))
    AND coalesce(reason, 'none') <> 'failed_publickey'
    AND source_network IN (SELECT source_network FROM networks)
  GROUP BY source_ip, source_network, host_name, user_name, hour
),
steps AS (
  SELECT source_ip, source_network, host_name, user_name, CAST(NULL AS STRING) AS openssh_auth_method, at, attempts, 0 AS success FROM failures
  UNION ALL
  SELECT source_ip, source_network, host_name, user_name, openssh_auth_method, at, 0 AS attempts, 1 AS success FROM successes
),
marked AS (
  SELECT
    source_ip, source_network, host_name, user_name, openssh_auth_method, at, attempts, success,
    CASE WHEN success = 0 AND row_number() OVER (PARTITION BY source_ip, success ORDER BY at, user_name NULLS FIRST, host_name NULLS FIRST) = 1 THEN 1 ELSE 0 END AS new_address
  FROM steps
),
-- A streak is what an address did since its previous login, up to the next one; its number is the count of logins before it.
streaks AS (
  SELECT
    source_ip, source_network, host_name, user_name, openssh_auth_method, at, attempts, success,
    sum(success) OVER (PARTITION BY source_ip ORDER BY at, success, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - success AS streak,
    sum(attempts) OVER (PARTITION BY source_network ORDER BY at, success, source_ip, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
      - sum(attempts) OVER (PARTITION BY source_ip ORDER BY at, success, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS network_attempts,
    sum(new_address) OVER (PARTITION BY source_network ORDER BY at, success, source_ip, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
      - sum(new_address) OVER (PARTITION BY source_ip ORDER BY at, success, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS network_addresses
  FROM marked
),
told AS (
  SELECT
    source_ip,
    max(source_network) AS source_network,
    max(host_name) FILTER (WHERE success = 1) AS host_name,
    max(user_name) FILTER (WHERE success = 1) AS user_name,
    max(openssh_auth_method) FILTER (WHERE success = 1) AS openssh_auth_method,
    max(at) FILTER (WHERE success = 1) AS at,
    CAST(streak AS BIGINT) AS logins_before,
    CAST(sum(attempts) AS BIGINT) AS failures_before,
    count(DISTINCT user_name) FILTER (WHERE success = 0) AS user_names_before,
    min(at) FILTER (WHERE success = 0) AS first_failure,
    CAST(max(network_attempts) FILTER (WHERE success = 1) AS BIGINT) AS network_failures_before,
    CAST(max(network_addresses) FILTER (WHERE success = 1) AS BIGINT) AS network_addresses_before
  FROM streaks
  GROUP BY source_ip, streak
  HAVING max(success) = 1
)
SELECT
  source_ip, source_network, host_name, user_name, openssh_auth_method, at, logins_before, failures_before, user_names_before, first_failure,
  network_failures_before, network_addresses_before,
  CASE
    WHEN failures_before = 0 THEN 0
    WHEN failures_before < 3 AND user_names_before < 2 THEN 1
    WHEN logins_before > 0 AND failures_before < 10 AND user_names_before < 3 THEN 2
    ELSE 3
  END AS grade
FROM told
