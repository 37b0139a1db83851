-- What a person should act on, the gravest first: a few of each kind, and how many more there are of it.
-- $each = 3: how many of a kind
-- $limit = 20: how many
SELECT severity, kind, question, statement, addresses, evidence, source_ip, source_network, user_name, url_path, at, of_kind
FROM (
  SELECT
    severity, kind, question, statement, addresses, evidence, source_ip, source_network, user_name, url_path, at,
    count(*) OVER (PARTITION BY severity, kind) AS of_kind,
    row_number() OVER (PARTITION BY severity, kind ORDER BY weight DESC, at DESC NULLS LAST, source_ip NULLS LAST, source_network NULLS LAST, statement NULLS LAST) AS place
  FROM findings
) AS ranked
WHERE place <= $each
ORDER BY
  CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
  CASE kind WHEN 'got_in' THEN 0 WHEN 'got_in_network' THEN 1 WHEN 'new_place' THEN 2 WHEN 'probed_secret_answered' THEN 3 WHEN 'attack_answered' THEN 4
    WHEN 'root_login_by_password' THEN 5 WHEN 'never_banned' THEN 6 WHEN 'distributed' THEN 7 ELSE 8 END,
  kind, place
LIMIT $limit
