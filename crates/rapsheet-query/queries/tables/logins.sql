-- Every successful login, with what failed before it: from the same address since its previous login, and from the other
-- addresses of its network. A failed key is no failure here, because a client offers all its keys in turn.
-- Failures are known to the hour, the user name and the logins before them: what failed between two logins of an address is told
-- exactly, of neighbours only what had ended before the login. Neighbours who mistyped and then logged in are left out.
-- A login without a time comes after all failures: nothing tells that it came before one.
-- `grade` says how its own failures look: 0 there were none, 1 a mistyped password, 2 odd, 3 guessing; `network_grade` is 1 where the
-- network's look like guessing, which tells nothing of who has a key.
WITH successes AS (
  SELECT source_ip, source_network, host_name, user_name, openssh_auth_method, first_seen AS at
  FROM activity
  WHERE event_action = 'login' AND event_outcome = 'success' AND source_ip IS NOT NULL
),
networks AS (
  SELECT DISTINCT source_network FROM successes
),
failures AS (
  SELECT source_ip, source_network, host_name, user_name, hour, logins_before, sum(attempts) AS attempts, min(first_seen) AS at, max(last_seen) AS until
  FROM activity
  WHERE service_name = 'sshd' AND suspicious AND source_ip IS NOT NULL AND event_outcome <> 'success'
    AND (event_action IN ('login', 'refused') OR (event_action = 'preauth_close' AND user_name IS NOT NULL))
    AND coalesce(reason, 'none') <> 'failed_publickey'
    AND source_network IN (SELECT source_network FROM networks)
  GROUP BY source_ip, source_network, host_name, user_name, hour, logins_before
),
steps AS (
  SELECT source_ip, source_network, host_name, user_name, CAST(NULL AS STRING) AS openssh_auth_method, at, until, attempts, 0 AS success, 0 AS timeless FROM failures
  UNION ALL
  SELECT
    source_ip, source_network, host_name, user_name, openssh_auth_method, at, at AS until, 0 AS attempts, 1 AS success,
    CASE WHEN at IS NULL THEN 1 ELSE 0 END AS timeless
  FROM successes
),
-- A streak is what an address did since its previous login, up to the next one; its number is the count of logins before it.
streaks AS (
  SELECT
    source_ip, source_network, host_name, user_name, openssh_auth_method, at, until, attempts, success, timeless,
    sum(success) OVER (PARTITION BY source_ip ORDER BY timeless, at NULLS FIRST, success, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - success AS streak
  FROM steps
),
-- What an address failed counts for its network, unless it seems to have mistyped: few failures, and then a login.
weighed AS (
  SELECT
    source_ip, source_network, host_name, user_name, openssh_auth_method, at, until, attempts, success, timeless, streak,
    CASE WHEN max(success) OVER (PARTITION BY source_ip, streak) = 1 AND sum(attempts) OVER (PARTITION BY source_ip, streak) < 3 THEN 0 ELSE attempts END AS hostile
  FROM streaks
),
marked AS (
  SELECT
    source_ip, source_network, host_name, user_name, openssh_auth_method, at, until, attempts, success, timeless, streak, hostile,
    CASE
      WHEN hostile > 0 AND row_number() OVER (PARTITION BY source_ip, CASE WHEN hostile > 0 THEN 1 ELSE 0 END ORDER BY until NULLS FIRST, user_name NULLS FIRST, host_name NULLS FIRST) = 1 THEN 1
      ELSE 0
    END AS new_address
  FROM weighed
),
neighbours AS (
  SELECT
    source_ip, source_network, host_name, user_name, openssh_auth_method, at, attempts, success, streak,
    sum(hostile) OVER (PARTITION BY source_network ORDER BY timeless, until NULLS FIRST, success, source_ip, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
      - sum(hostile) OVER (PARTITION BY source_ip ORDER BY timeless, until NULLS FIRST, success, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS network_attempts,
    sum(new_address) OVER (PARTITION BY source_network ORDER BY timeless, until NULLS FIRST, success, source_ip, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
      - sum(new_address) OVER (PARTITION BY source_ip ORDER BY timeless, until NULLS FIRST, success, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS network_addresses
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
  FROM neighbours
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
  END AS grade,
  CASE WHEN network_failures_before >= 10 AND coalesce(openssh_auth_method, 'none') <> 'publickey' THEN 1 ELSE 0 END AS network_grade
FROM told
