-- The worst addresses, with what is known of them.
-- $limit = 10: how many
SELECT
  a.source_ip AS source_ip, a.threat_score AS threat_score, a.threat_reasons AS threat_reasons, a.attempts AS attempts, a.successes AS successes, a.got_in AS got_in, a.bans AS bans,
  a.users_tried AS users_tried, a.top_users AS top_users, a.paths_probed AS paths_probed, a.first_seen AS first_seen, a.last_seen AS last_seen,
  d.country_iso_code AS country_iso_code, d.country_name AS country_name,
  d.traits_autonomous_system_number AS traits_autonomous_system_number, d.traits_autonomous_system_organization AS traits_autonomous_system_organization
FROM addresses AS a
LEFT JOIN details AS d ON d.source_ip = a.source_ip
WHERE a.threat_score > 0
ORDER BY a.threat_score DESC, a.attempts DESC, a.source_ip
LIMIT $limit
