-- Logins of the wanted time from where their user never came before, as far as the logs reach back: the first of each user, address and way
-- (by password or not) from a new network or country, by password where only keys came before, by a key that never opened that account
-- (`is_new_key`, where keys of that user were told seven days before), or of a user who never logged in. All
-- need seven days to compare with, and a user who never logged in also that others did on that server, or that many tried the name:
-- logs that begin with a few lines of long ago compare with nothing. Users are told apart by daemon: who reads mail on the way logs in to a shell from home. Logins
-- that an access log shows are left out: only those after failures are known.
-- `tried_by` is how many addresses tried the name, `known` what a person said of the key (with a known key it is 1 at most). `grade` says how it looks: 1 to know, 2 to look at, 3 as a stolen password does.
WITH every_login AS (
  SELECT
    l.service_name AS service_name, l.user_id AS user_id, l.address_id AS address_id, l.host_id AS host_id, p.source_ip AS source_ip, p.source_network AS source_network,
    coalesce(d.country_iso_code, CASE WHEN d.scope IN ('private', 'loopback', 'link_local') THEN d.scope END) AS country,
    d.country_name AS country_name, l.openssh_auth_method AS openssh_auth_method, l.openssh_auth_key AS openssh_auth_key,
    coalesce(l.openssh_auth_method, 'unknown') NOT IN ('publickey', 'hostbased', 'gssapi-with-mic', 'gssapi-keyex') AS by_password,
    l.logged_in_at AS at, l.wanted AS wanted
  FROM exact_logins AS l
  JOIN peers AS p ON p.address_id = l.address_id
  LEFT JOIN details AS d ON d.source_ip = p.source_ip
  WHERE l.service_name <> 'http' AND l.user_id IS NOT NULL AND l.logged_in_at IS NOT NULL AND p.source_ip IS NOT NULL
),
places AS (
  SELECT
    service_name, user_id, source_ip, source_network, country, max(country_name) AS country_name, by_password, openssh_auth_key, max(openssh_auth_method) AS openssh_auth_method,
    min(host_id) AS host_id, min(at) AS at, min(CASE WHEN wanted THEN at END) AS wanted_from, count(*) AS logins
  FROM every_login
  GROUP BY service_name, user_id, source_ip, source_network, country, by_password, openssh_auth_key
),
compared AS (
  SELECT
    service_name, user_id, source_ip, source_network, country, country_name, by_password, openssh_auth_method, openssh_auth_key, host_id, at, wanted_from, logins,
    min(at) OVER (PARTITION BY service_name, host_id) AS host_from,
    min(at) OVER (PARTITION BY service_name, user_id) AS user_from,
    min(at) OVER (PARTITION BY service_name, user_id, source_network) AS network_from,
    min(at) OVER (PARTITION BY service_name, user_id, country) AS country_from,
    min(CASE WHEN country IS NOT NULL THEN at END) OVER (PARTITION BY service_name, user_id) AS countries_from,
    min(CASE WHEN by_password THEN at END) OVER (PARTITION BY service_name, user_id) AS password_from,
    min(at) OVER (PARTITION BY service_name, user_id, openssh_auth_key) AS key_from,
    min(CASE WHEN openssh_auth_key IS NOT NULL THEN at END) OVER (PARTITION BY service_name, user_id) AS keys_from
  FROM places
),
roaming AS (
  SELECT
    service_name, user_id, source_ip, source_network, country, country_name, by_password, openssh_auth_method, openssh_auth_key, host_id, at, wanted_from, logins, host_from, user_from,
    CASE WHEN at = network_from THEN 1 ELSE 0 END AS is_new_network,
    CASE WHEN country IS NOT NULL AND at = country_from AND countries_from < at THEN 1 ELSE 0 END AS is_new_country,
    CASE WHEN by_password AND at = password_from THEN 1 ELSE 0 END AS is_new_method,
    CASE WHEN openssh_auth_key IS NOT NULL AND at = key_from AND keys_from <= at - INTERVAL '7' DAY THEN 1 ELSE 0 END AS is_new_key,
    coalesce(sum(CASE WHEN at = network_from THEN 1 ELSE 0 END) OVER (
      PARTITION BY service_name, user_id ORDER BY at, source_ip, by_password, openssh_auth_key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS networks_before,
    coalesce(sum(CASE WHEN openssh_auth_key IS NOT NULL AND at = key_from THEN 1 ELSE 0 END) OVER (
      PARTITION BY service_name, user_id ORDER BY at, source_ip, by_password, openssh_auth_key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS keys_before
  FROM compared
),
reaching AS (
  SELECT min(c.first) AS logs_from
  FROM coverage AS c
  WHERE c.event_dataset LIKE '%.auth%'
),
trying AS (
  SELECT user_id, count(*) AS tried_by
  FROM tries
  GROUP BY user_id
),
found AS (
  SELECT
    r.service_name AS service_name, r.user_id AS user_id, r.source_ip AS source_ip, r.source_network AS source_network, r.country AS country, r.country_name AS country_name,
    r.by_password AS by_password, r.openssh_auth_method AS openssh_auth_method, r.openssh_auth_key AS openssh_auth_key, r.host_id AS host_id, r.at AS at, r.logins AS logins, r.networks_before AS networks_before,
    r.keys_before AS keys_before, CASE WHEN r.at = r.user_from THEN 1 ELSE 0 END AS is_new_user,
    r.is_new_network AS is_new_network, r.is_new_country AS is_new_country, r.is_new_method AS is_new_method, r.is_new_key AS is_new_key, coalesce(t.tried_by, 0) AS tried_by
  FROM roaming AS r
  CROSS JOIN reaching AS w
  LEFT JOIN trying AS t ON t.user_id = r.user_id
  WHERE r.wanted_from = r.at
    AND (r.user_from <= r.at - INTERVAL '7' DAY AND r.is_new_network + r.is_new_country + r.is_new_method + r.is_new_key > 0
      OR r.at = r.user_from AND w.logs_from <= r.at - INTERVAL '7' DAY
        AND (r.host_from <= r.at - INTERVAL '7' DAY OR r.by_password AND coalesce(t.tried_by, 0) >= 10))
),
before AS (
  SELECT f.service_name AS service_name, f.user_id AS user_id, f.source_ip AS source_ip, f.by_password AS by_password, f.at AS at, count(*) AS logins_before
  FROM (SELECT DISTINCT service_name, user_id, source_ip, by_password, at FROM found) AS f
  JOIN every_login AS e ON e.service_name = f.service_name AND e.user_id = f.user_id
  WHERE e.at < f.at
  GROUP BY f.service_name, f.user_id, f.source_ip, f.by_password, f.at
)
SELECT
  f.service_name AS service_name, n.name AS user_name, f.source_ip AS source_ip, f.source_network AS source_network, f.country AS country, f.country_name AS country_name,
  f.by_password AS by_password, f.openssh_auth_method AS openssh_auth_method, f.openssh_auth_key AS openssh_auth_key, h.name AS host_name, f.at AS at, f.logins AS logins,
  coalesce(b.logins_before, 0) AS logins_before, f.networks_before AS networks_before, f.tried_by AS tried_by,
  f.is_new_user AS is_new_user, f.is_new_network AS is_new_network, f.is_new_country AS is_new_country, f.is_new_method AS is_new_method,
  f.is_new_key AS is_new_key,
  k.note AS known,
  CASE
    WHEN k.note IS NOT NULL THEN 1
    WHEN f.is_new_user = 1 AND f.by_password AND f.tried_by >= 10 THEN 2
    WHEN f.is_new_user = 1 THEN 1
    WHEN f.is_new_country = 1 AND f.is_new_method = 1 THEN 3
    WHEN f.by_password AND f.tried_by >= 10 AND (f.is_new_country = 1 OR f.is_new_network = 1 AND f.country IS NULL AND f.networks_before <= 3) THEN 3
    WHEN f.is_new_country = 1 OR f.is_new_method = 1 OR f.is_new_key = 1 AND f.keys_before <= 3 THEN 2
    WHEN f.is_new_network = 1 AND f.by_password AND f.country IS NULL AND f.networks_before <= 3 AND f.service_name = 'sshd' THEN 2
    ELSE 1
  END AS grade
FROM found AS f
JOIN names AS n ON n.name_id = f.user_id
LEFT JOIN names AS h ON h.name_id = f.host_id
LEFT JOIN known_keys AS k ON k.openssh_auth_key = f.openssh_auth_key AND (k.known_until IS NULL OR f.at < k.known_until)
LEFT JOIN before AS b ON b.service_name = f.service_name AND b.user_id = f.user_id AND b.source_ip = f.source_ip AND b.by_password = f.by_password AND b.at = f.at
