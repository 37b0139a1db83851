-- Every successful login, those that are alike in one hour together, with what failed before them, the latest first. `new_place` says in
-- what its user never came so before. Where there are more than have room, those stay whose failures look most like guessing.
-- $limit = 20000: how many
WITH placed AS (
  SELECT
    l.source_ip AS source_ip, l.host_name AS host_name, l.service_name AS service_name, l.user_name AS user_name, l.openssh_auth_method AS openssh_auth_method,
    l.openssh_auth_key AS openssh_auth_key, l.at AS at, date_trunc('hour', l.at) AS hour, l.failures_before AS failures_before, l.grade AS grade,
    CASE
      WHEN p.is_new_user = 1 THEN 'first login of this user'
      WHEN p.is_new_country = 1 THEN 'new country'
      WHEN p.is_new_network = 1 THEN 'new network'
      WHEN p.is_new_method = 1 THEN 'first time by password'
      WHEN p.is_new_key = 1 THEN 'new key'
    END AS new_place
  FROM logins AS l
  LEFT JOIN new_places AS p
    ON p.service_name = l.service_name AND p.user_name = l.user_name AND p.source_ip = l.source_ip AND p.at = l.at AND p.by_password = l.by_password
    AND p.openssh_auth_key IS NOT DISTINCT FROM l.openssh_auth_key
),
together AS (
  SELECT
    source_ip, host_name, service_name, user_name, openssh_auth_method, openssh_auth_key,
    min(at) AS timestamp, max(at) AS last_at, count(*) AS logins, max(failures_before) AS failures_before, max(new_place) AS new_place, max(grade) AS grade
  FROM placed
  GROUP BY source_ip, host_name, service_name, user_name, openssh_auth_method, openssh_auth_key, hour
),
kept AS (
  SELECT source_ip, timestamp, last_at, host_name, service_name, user_name, openssh_auth_method, openssh_auth_key, logins, failures_before, new_place
  FROM together
  ORDER BY
    grade DESC, timestamp DESC NULLS LAST, source_ip, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST,
    openssh_auth_key NULLS FIRST, service_name NULLS FIRST
  LIMIT $limit
)
SELECT source_ip, timestamp, last_at, host_name, service_name, user_name, openssh_auth_method, openssh_auth_key, logins, failures_before, new_place
FROM kept
ORDER BY
  timestamp DESC NULLS LAST, source_ip, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST, openssh_auth_key NULLS FIRST,
  service_name NULLS FIRST
