-- By which entries the selected addresses are known, and how many of them by each.
-- $limit = 5: how many
SELECT k.known_value AS value, k.scope AS scope, k.note AS note, count(*) AS addresses
FROM known_addresses AS k
JOIN selected AS s ON s.source_ip = k.source_ip
GROUP BY k.known_value, k.scope, k.note
ORDER BY addresses DESC, value
LIMIT $limit
