-- What a person should act on, the gravest first.
-- $limit = 500: how many
SELECT severity, kind, statement, addresses, evidence, source_ip, source_network, at AS timestamp
FROM findings
ORDER BY
  CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
  CASE kind WHEN 'got_in' THEN 0 WHEN 'got_in_network' THEN 1 WHEN 'probed_secret_answered' THEN 2 WHEN 'root_login_by_password' THEN 3 WHEN 'distributed' THEN 4 ELSE 5 END,
  kind, weight DESC, source_ip NULLS LAST, source_network NULLS LAST, statement
LIMIT $limit
