-- What a person should act on, the gravest first.
-- $limit = 20: how many
SELECT severity, kind, statement, addresses, evidence, source_ip, source_network, at
FROM findings
ORDER BY
  CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
  CASE kind WHEN 'got_in' THEN 0 WHEN 'got_in_network' THEN 1 WHEN 'probed_secret_answered' THEN 2 ELSE 3 END,
  kind, addresses DESC, at DESC NULLS LAST, source_ip NULLS LAST, source_network NULLS LAST, statement NULLS LAST
LIMIT $limit
