-- The findings about logins, in parts: a statement is s1, n1, s2, n2, s3, n3, s4 one behind the other, and its evidence e1, m1, e2, m2, e3, m3,
-- e4 (`findings` puts them together). Kinds: `got_in` and `got_in_network` (a login after failures of the address, or of its network),
-- `new_place` (a login from where its user never came before), `root_login_by_password`.
WITH judged AS (
  SELECT
    l.source_ip AS source_ip, l.source_network AS source_network, l.host_name AS host_name, l.user_name AS user_name,
    CASE WHEN l.user_name IS NULL THEN '(unknown)' WHEN regexp_like(l.user_name, '^[A-Za-z0-9._@$+-]+$') THEN l.user_name ELSE '"' || l.user_name || '"' END AS user_text,
    coalesce(l.openssh_auth_method, '?') AS method, l.at AS at, l.by_password AS by_password,
    CASE WHEN l.service_name IN ('sshd', 'dropbear') THEN 'logged in' WHEN l.service_name = 'http' THEN 'seems to have logged in to the web server'
      ELSE 'logged in to ' || l.service_name END AS logged_in,
    CASE WHEN l.service_name IN ('sshd', 'dropbear', 'dovecot', 'postfix') THEN 1 ELSE 0 END AS is_sure,
    l.failures_before AS failures_before, l.user_failures_before AS user_failures_before, l.user_names_before AS user_names_before,
    l.user_logins_before AS user_logins_before, l.failures_elsewhere AS failures_elsewhere, l.network_failures_before AS network_failures_before,
    l.network_addresses_before AS network_addresses_before, l.grade AS grade, l.network_grade AS network_grade,
    CASE WHEN l.grade >= 2 THEN 2 ELSE l.grade END AS level,
    k.note AS known_key
  FROM logins AS l
  LEFT JOIN known_keys AS k ON k.openssh_auth_key = l.openssh_auth_key AND (k.known_until IS NULL OR l.at < k.known_until)
),
ranked AS (
  SELECT
    source_ip, source_network, user_name, user_text, method, at, by_password, logged_in, is_sure, failures_before, user_failures_before, user_names_before, user_logins_before,
    failures_elsewhere, grade, level, known_key,
    row_number() OVER (PARTITION BY source_ip ORDER BY grade DESC, failures_before + failures_elsewhere DESC, at, user_text, method, host_name NULLS FIRST) AS place,
    count(*) OVER (PARTITION BY source_ip, level) AS logins
  FROM judged
  WHERE grade > 0
),
network_ranked AS (
  SELECT
    source_ip, source_network, host_name, user_name, user_text, method, at, logged_in, failures_before, network_failures_before, network_addresses_before,
    row_number() OVER (PARTITION BY source_ip ORDER BY at, user_text, method, host_name NULLS FIRST) AS place
  FROM judged
  WHERE network_grade = 1
),
hosts AS (
  SELECT source_ip, level, array_join(array_sort(array_agg(host_name)), ', ') AS hosts
  FROM (SELECT source_ip, level, host_name FROM judged WHERE grade > 0 AND host_name IS NOT NULL GROUP BY source_ip, level, host_name) AS grouped
  GROUP BY source_ip, level
),
users AS (
  SELECT source_ip, level, count(*) AS users, array_join(array_sort(array_agg(user_text)), ', ') AS user_texts
  FROM (SELECT source_ip, level, user_text FROM judged WHERE grade > 0 GROUP BY source_ip, level, user_text) AS grouped
  GROUP BY source_ip, level
)
SELECT
  CASE WHEN r.grade = 3 AND r.is_sure = 1 THEN 'critical' WHEN r.grade >= 2 THEN 'warning' ELSE 'notice' END AS severity,
  'got_in' AS kind,
  'after_failures' AS question,
  r.logged_in || ' as ' || r.user_text || CASE WHEN r.method = '?' THEN '' ELSE ' by ' || r.method END || ' after ' AS s1,
  CASE WHEN r.failures_before > 0 THEN r.failures_before ELSE r.failures_elsewhere END AS n1,
  CASE WHEN r.failures_before + r.failures_elsewhere = 1 THEN ' failure' ELSE ' failures' END
    || CASE
      WHEN r.failures_before = 0 THEN ' on other servers'
      WHEN r.user_names_before = 0 THEN ''
      WHEN r.user_failures_before = r.failures_before AND r.grade = 1 THEN ''
      WHEN r.user_failures_before = r.failures_before THEN ' for ' || r.user_text
      WHEN r.user_failures_before = 0 THEN ' for other users'
      ELSE ', '
    END AS s2,
  CASE WHEN r.failures_before > 0 AND r.user_names_before > 0 AND r.user_failures_before > 0 AND r.user_failures_before < r.failures_before THEN r.user_failures_before END AS n2,
  CASE WHEN r.failures_before > 0 AND r.user_names_before > 0 AND r.user_failures_before > 0 AND r.user_failures_before < r.failures_before THEN ' of them for ' || r.user_text ELSE '' END
    || CASE WHEN r.failures_before > 0 AND r.failures_elsewhere > 0 THEN ', and ' ELSE '' END AS s3,
  CASE WHEN r.failures_before > 0 AND r.failures_elsewhere > 0 THEN r.failures_elsewhere END AS n3,
  CASE WHEN r.failures_before > 0 AND r.failures_elsewhere > 0 THEN ' on other servers' ELSE '' END
    || CASE
      WHEN r.grade > 1 THEN ''
      WHEN r.known_key IS NOT NULL THEN ': by a known key'
      WHEN NOT r.by_password AND r.failures_before + r.failures_elsewhere > 3 THEN ': was this key added by you?'
      WHEN r.user_logins_before > 0 AND r.user_failures_before < r.failures_before AND r.user_names_before > 0 THEN ': known at this address'
      WHEN r.user_failures_before = 0 AND r.user_names_before > 0 THEN ': a mistyped name?'
      ELSE ': a mistyped password?'
    END AS s4,
  CAST(1 AS BIGINT) AS addresses,
  concat_ws('; ', 'on ' || h.hosts, CASE WHEN u.users > 1 THEN 'as ' || u.user_texts END, 'known key: ' || r.known_key, CASE WHEN r.logins > 1 OR r.user_names_before > 1 THEN '' END) AS e1,
  CASE WHEN r.logins > 1 THEN r.logins END AS m1,
  CASE WHEN r.logins > 1 THEN ' such logins' ELSE '' END || CASE WHEN r.logins > 1 AND r.user_names_before > 1 THEN '; ' ELSE '' END AS e2,
  CASE WHEN r.user_names_before > 1 THEN r.user_names_before END AS m2,
  CASE WHEN r.user_names_before > 1 THEN ' user names tried before' ELSE '' END AS e3,
  CAST(NULL AS BIGINT) AS m3,
  '' AS e4,
  r.failures_before + r.failures_elsewhere AS weight,
  r.source_ip AS source_ip, r.source_network AS source_network, r.user_name AS user_name, CAST(NULL AS STRING) AS url_path, r.at AS at
FROM ranked AS r
LEFT JOIN hosts AS h ON h.source_ip = r.source_ip AND h.level = r.level
LEFT JOIN users AS u ON u.source_ip = r.source_ip AND u.level = r.level
WHERE r.place = 1
UNION ALL
SELECT
  'warning' AS severity,
  'got_in_network' AS kind,
  'after_failures' AS question,
  logged_in || ' as ' || user_text || CASE WHEN method = '?' THEN '' ELSE ' by ' || method END || ' after ' AS s1,
  network_failures_before AS n1,
  ' failures from ' AS s2,
  network_addresses_before AS n2,
  CASE WHEN network_addresses_before = 1 THEN ' other address' ELSE ' other addresses' END || ' of ' || source_network AS s3,
  CAST(NULL AS BIGINT) AS n3,
  '' AS s4,
  CAST(1 AS BIGINT) AS addresses,
  concat_ws('; ', 'on ' || host_name, '') AS e1,
  failures_before AS m1,
  CASE WHEN failures_before = 1 THEN ' failure' ELSE ' failures' END || ' of its own before' AS e2,
  CAST(NULL AS BIGINT) AS m2,
  '' AS e3,
  CAST(NULL AS BIGINT) AS m3,
  '' AS e4,
  network_failures_before AS weight,
  source_ip, source_network, user_name, CAST(NULL AS STRING) AS url_path, at
FROM network_ranked
WHERE place = 1
UNION ALL
SELECT
  CASE p.grade WHEN 3 THEN 'critical' WHEN 2 THEN 'warning' ELSE 'notice' END AS severity,
  'new_place' AS kind,
  'new_place' AS question,
  CASE WHEN p.service_name IN ('sshd', 'dropbear') THEN 'logged in' ELSE 'logged in to ' || p.service_name END
    || ' as ' || CASE WHEN regexp_like(p.user_name, '^[A-Za-z0-9._@$+-]+$') THEN p.user_name ELSE '"' || p.user_name || '"' END
    || coalesce(' by ' || p.openssh_auth_method, '')
    || CASE
      WHEN p.is_new_user = 1 THEN ': the first login of that user in these logs'
      WHEN p.is_new_country = 1 THEN ' from ' || coalesce(p.country_name, p.country) || CASE WHEN p.is_new_key = 1 THEN ', a country and a key' ELSE ', a country' END || ' new for that user after '
      WHEN p.is_new_network = 1 THEN ' from ' || p.source_network || CASE WHEN p.is_new_key = 1 THEN ', a network and a key' ELSE ', a network' END || ' new for that user after '
      WHEN p.is_new_key = 1 THEN ', with a key new for that user after '
      ELSE ', which is new for that user after '
    END AS s1,
  CASE WHEN p.is_new_user = 0 THEN p.logins_before END AS n1,
  CASE WHEN p.is_new_user = 1 THEN '' WHEN p.logins_before = 1 THEN ' login' ELSE ' logins' END AS s2,
  CAST(NULL AS BIGINT) AS n2,
  '' AS s3,
  CAST(NULL AS BIGINT) AS n3,
  '' AS s4,
  CAST(1 AS BIGINT) AS addresses,
  concat_ws('; ', 'on ' || p.host_name, CASE WHEN p.known IS NOT NULL THEN 'known key: ' || p.known WHEN p.is_new_key = 1 THEN 'was the key ' || p.openssh_auth_key || ' added by you?' END, CASE WHEN p.logins > 1 OR p.tried_by >= 10 THEN '' END) AS e1,
  CASE WHEN p.logins > 1 THEN p.logins END AS m1,
  CASE WHEN p.logins > 1 THEN ' logins from there' ELSE '' END || CASE WHEN p.logins > 1 AND p.tried_by >= 10 THEN '; ' ELSE '' END AS e2,
  CASE WHEN p.tried_by >= 10 THEN p.tried_by END AS m2,
  CASE WHEN p.tried_by >= 10 THEN ' addresses tried that user' ELSE '' END AS e3,
  CAST(NULL AS BIGINT) AS m3,
  '' AS e4,
  p.tried_by AS weight,
  p.source_ip AS source_ip, p.source_network AS source_network, p.user_name AS user_name, CAST(NULL AS STRING) AS url_path, p.at AS at
FROM new_places AS p
UNION ALL
SELECT
  'warning' AS severity,
  'root_login_by_password' AS kind,
  CAST(NULL AS STRING) AS question,
  'logged in as root by ' || max(method) || ': allow keys only' AS s1,
  CAST(NULL AS BIGINT) AS n1,
  '' AS s2,
  CAST(NULL AS BIGINT) AS n2,
  '' AS s3,
  CAST(NULL AS BIGINT) AS n3,
  '' AS s4,
  CAST(1 AS BIGINT) AS addresses,
  '' AS e1,
  count(*) AS m1,
  CASE WHEN count(*) = 1 THEN ' login' ELSE ' logins' END AS e2,
  CAST(NULL AS BIGINT) AS m2,
  '' AS e3,
  CAST(NULL AS BIGINT) AS m3,
  '' AS e4,
  count(*) AS weight,
  source_ip,
  max(source_network) AS source_network,
  'root' AS user_name, CAST(NULL AS STRING) AS url_path,
  min(at) AS at
FROM judged
WHERE user_name = 'root' AND (method = 'password' OR method LIKE 'keyboard-interactive%')
GROUP BY source_ip
