-- The worst addresses, with what is known of them: by score, then by attempts; the loudest three are always among them.
-- Who is known stands in a list apart.
-- $limit = 10: how many
SELECT
  a.source_ip AS source_ip, a.threat_score AS threat_score, a.threat_reasons AS threat_reasons, a.attempts AS attempts, a.successes AS successes, a.got_in AS got_in, a.bans AS bans,
  a.users_tried AS users_tried, a.top_users AS top_users, a.paths_probed AS paths_probed, a.first_seen AS first_seen, a.last_seen AS last_seen,
  d.country_iso_code AS country_iso_code, d.country_name AS country_name,
  d.traits_autonomous_system_number AS traits_autonomous_system_number, d.traits_autonomous_system_organization AS traits_autonomous_system_organization
FROM (
  SELECT source_ip, threat_score, threat_reasons, attempts, successes, got_in, bans, users_tried, top_users, paths_probed, first_seen, last_seen
  FROM (
    SELECT
      x.source_ip AS source_ip, x.threat_score AS threat_score, x.threat_reasons AS threat_reasons, x.attempts AS attempts, x.successes AS successes,
      x.got_in AS got_in, x.bans AS bans, x.users_tried AS users_tried, x.top_users AS top_users, x.paths_probed AS paths_probed,
      x.first_seen AS first_seen, x.last_seen AS last_seen,
      row_number() OVER (ORDER BY x.attempts DESC, x.threat_score DESC, x.source_ip) AS loudness
    FROM addresses AS x
    LEFT JOIN known_addresses AS k ON k.source_ip = x.source_ip
    WHERE x.threat_score > 0 AND k.known_id IS NULL
  ) AS ranked
  ORDER BY CASE WHEN loudness <= 3 THEN 0 ELSE 1 END, threat_score DESC, attempts DESC, source_ip
  LIMIT $limit
) AS a
LEFT JOIN details AS d ON d.source_ip = a.source_ip
ORDER BY a.threat_score DESC, a.attempts DESC, a.source_ip
