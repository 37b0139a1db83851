-- What a person should act on about the selected addresses, the gravest first, and how many such findings there are. Rust fills the
-- table selected (source_ip) with the addresses in question, and selected_network (source_network) with the network, if it is one.
-- $limit = 100: how many
SELECT severity, kind, statement, addresses, evidence, source_ip, at, count(*) OVER () AS of_all
FROM (
  SELECT x.severity AS severity, x.kind AS kind, x.statement AS statement, x.addresses AS addresses, x.evidence AS evidence, x.source_ip AS source_ip, x.at AS at, x.weight AS weight
  FROM findings AS x
  JOIN selected AS s ON s.source_ip = x.source_ip
  UNION ALL
  SELECT y.severity AS severity, y.kind AS kind, y.statement AS statement, y.addresses AS addresses, y.evidence AS evidence, y.source_ip AS source_ip, y.at AS at, y.weight AS weight
  FROM findings AS y
  JOIN selected_network AS n ON n.source_network = y.source_network
  WHERE y.source_ip IS NULL
) AS found
ORDER BY
  CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
  CASE kind WHEN 'got_in' THEN 0 WHEN 'got_in_network' THEN 1 WHEN 'new_place' THEN 2 WHEN 'probed_secret_answered' THEN 3 WHEN 'attack_answered' THEN 4 ELSE 5 END,
  weight DESC, kind, at DESC NULLS LAST, source_ip NULLS LAST, statement NULLS LAST
LIMIT $limit
