-- What a person should act on about the selected addresses. Rust fills the table selected (source_ip) with the addresses in question.
-- $limit = 100: how many
SELECT x.severity AS severity, x.kind AS kind, x.statement AS statement, x.addresses AS addresses, x.evidence AS evidence, x.source_ip AS source_ip, x.at AS at
FROM findings AS x
JOIN selected AS s ON s.source_ip = x.source_ip
ORDER BY x.severity, x.kind, x.at NULLS LAST, x.source_ip, x.statement NULLS LAST
LIMIT $limit
