-- The addresses of these logs that are known, each by the entry that is most exact: what a person wrote goes before what fail2ban
-- ignores, then an address before the smallest network, that before the autonomous system, and that before the country. An entry
-- that ended holds for addresses that were last seen before its end.
WITH matched AS (
  SELECT address_id, known_id FROM known_matches
  UNION ALL
  SELECT p.address_id AS address_id, k.known_id AS known_id
  FROM (SELECT known_id, value FROM known WHERE kind = 'as') AS k
  JOIN details AS d ON 'AS' || CAST(d.traits_autonomous_system_number AS STRING) = k.value
  JOIN peers AS p ON p.source_ip = d.source_ip
  UNION ALL
  SELECT p.address_id AS address_id, k.known_id AS known_id
  FROM (SELECT known_id, value FROM known WHERE kind = 'country') AS k
  JOIN details AS d ON d.country_iso_code = k.value
  JOIN peers AS p ON p.source_ip = d.source_ip
),
seen AS (
  SELECT address_id, max(last_seen) AS last_seen
  FROM rollup_kind
  GROUP BY address_id
),
ranked AS (
  SELECT
    m.address_id, m.known_id, k.kind, k.value, k.scope, k.note,
    row_number() OVER (PARTITION BY m.address_id ORDER BY CASE WHEN k.scope = 'ignored' THEN 1 ELSE 0 END, k.breadth, m.known_id) AS place
  FROM matched AS m
  JOIN known AS k ON k.known_id = m.known_id
  LEFT JOIN seen AS s ON s.address_id = m.address_id
  WHERE k.known_until IS NULL OR s.last_seen IS NULL OR s.last_seen < k.known_until
)
SELECT
  r.address_id AS address_id, p.source_ip AS source_ip, p.source_domain AS source_domain,
  r.known_id AS known_id, r.kind AS known_kind, r.value AS known_value, r.scope AS scope, r.note AS note
FROM ranked AS r
JOIN peers AS p ON p.address_id = r.address_id
WHERE r.place = 1
