-- Every successful login, with what failed before it: from the same address since its previous login, and from the other
-- addresses of its network. A failed key is no failure here, because a client offers all its keys in turn.
-- The reader counts in the order of time: the logins of an address have numbers, failures bear the number of logins before them, and
-- each login the failures of its network's other addresses so far; those of neighbours who mistyped and then logged in are left out.
-- `grade` says how its own failures look: 0 there were none, 1 a mistyped password, 2 odd, 3 guessing; `network_grade` is 1 where the
-- network's look like guessing, which tells nothing of who has a key.
WITH failures AS (
  SELECT
    address_id, logins_before,
    sum(failures) AS failures,
    count(DISTINCT user_id) AS user_names,
    min(first_failure) AS first_failure
  FROM rollup_user
  WHERE failures > 0 AND address_id IN (SELECT address_id FROM exact_logins)
  GROUP BY address_id, logins_before
),
told AS (
  SELECT
    p.source_ip AS source_ip,
    p.source_network AS source_network,
    h.name AS host_name,
    l.service_name AS service_name,
    u.name AS user_name,
    l.openssh_auth_method AS openssh_auth_method,
    l.logged_in_at AS at,
    CAST(l.logins_before AS BIGINT) AS logins_before,
    coalesce(f.failures, 0) AS failures_before,
    coalesce(f.user_names, 0) AS user_names_before,
    f.first_failure AS first_failure,
    CAST(l.network_failures AS BIGINT) AS network_failures_before,
    CAST(l.network_addresses AS BIGINT) AS network_addresses_before
  FROM exact_logins AS l
  JOIN peers AS p ON p.address_id = l.address_id
  LEFT JOIN names AS h ON h.name_id = l.host_id
  LEFT JOIN names AS u ON u.name_id = l.user_id
  LEFT JOIN failures AS f ON f.address_id = l.address_id AND f.logins_before = l.logins_before
  WHERE p.source_ip IS NOT NULL
)
SELECT
  source_ip, source_network, host_name, service_name, user_name, openssh_auth_method, at, logins_before, failures_before, user_names_before, first_failure,
  network_failures_before, network_addresses_before,
  CASE
    WHEN failures_before = 0 THEN 0
    WHEN failures_before < 3 AND user_names_before < 2 THEN 1
    WHEN logins_before > 0 AND failures_before < 10 AND user_names_before < 3 THEN 2
    ELSE 3
  END AS grade,
  CASE WHEN network_failures_before >= 10 AND coalesce(openssh_auth_method, 'none') <> 'publickey' THEN 1 ELSE 0 END AS network_grade
FROM told
