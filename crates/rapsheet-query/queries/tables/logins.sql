-- Every successful login of the wanted time, with what failed within 31 days before it, also where that is not of the wanted time: from
-- the same address on the same server since its previous login there (`failures_before`; of the same user `user_failures_before`, since
-- that user's), from the same address on other servers (`failures_elsewhere`), and from the other addresses of its network. A failed key
-- is no failure here, because a client offers all its keys in turn.
-- `grade` says how the failures of its address look: 0 there were none, 1 a person who mistyped or is known at this address, 2 odd, 3
-- guessing. Who has a key did not guess it, so after a key it is 1 at most. `network_grade` is 1 where the network's failures look like
-- guessing, and the user is not known at this address.
WITH told AS (
  SELECT
    p.source_ip AS source_ip,
    p.source_network AS source_network,
    h.name AS host_name,
    l.service_name AS service_name,
    u.name AS user_name,
    l.openssh_auth_method AS openssh_auth_method,
    l.openssh_auth_key AS openssh_auth_key,
    l.logged_in_at AS at,
    coalesce(l.openssh_auth_method, 'unknown') NOT IN ('publickey', 'hostbased', 'gssapi-with-mic', 'gssapi-keyex') AS by_password,
    CAST(l.logins_before AS BIGINT) AS logins_before,
    CAST(l.user_logins AS BIGINT) AS user_logins_before,
    CAST(l.failures AS BIGINT) AS failures_before,
    CAST(l.user_failures AS BIGINT) AS user_failures_before,
    CAST(l.user_names AS BIGINT) AS user_names_before,
    l.first_failure AS first_failure,
    CAST(l.failures_elsewhere AS BIGINT) AS failures_elsewhere,
    CAST(l.network_failures AS BIGINT) AS network_failures_before,
    CAST(l.network_addresses AS BIGINT) AS network_addresses_before
  FROM exact_logins AS l
  JOIN peers AS p ON p.address_id = l.address_id
  LEFT JOIN names AS h ON h.name_id = l.host_id
  LEFT JOIN names AS u ON u.name_id = l.user_id
  WHERE l.wanted AND p.source_ip IS NOT NULL
)
SELECT
  source_ip, source_network, host_name, service_name, user_name, openssh_auth_method, openssh_auth_key, at, by_password, logins_before,
  user_logins_before, failures_before, user_failures_before, user_names_before, first_failure, failures_elsewhere, network_failures_before,
  network_addresses_before,
  CASE
    WHEN failures_before + failures_elsewhere = 0 THEN 0
    WHEN NOT by_password THEN 1
    WHEN failures_before <= 3 AND failures_elsewhere = 0 AND (user_names_before = 0 OR user_names_before = 1 AND user_failures_before > 0) THEN 1
    WHEN failures_before <= 2 AND failures_elsewhere = 0 AND user_names_before < 2 THEN 1
    WHEN user_logins_before > 0 AND user_failures_before <= 3 THEN 1
    WHEN logins_before > 0 AND failures_before + failures_elsewhere < 10 AND user_names_before < 3 THEN 2
    ELSE 3
  END AS grade,
  CASE WHEN network_failures_before >= 10 AND by_password AND user_logins_before = 0 THEN 1 ELSE 0 END AS network_grade
FROM told
