-- The record of each address with what is known of it, the worst first: the rows that the report's page counts with.
SELECT
  a.source_ip, a.source_network, a.first_seen, a.last_seen, a.events, a.attempts, a.successes, a.requests, a.bans, a.restored, a.got_in, a.threat_score, a.threat_reasons,
  a.users_tried, a.active_days,
  d.continent_code, d.country_iso_code, d.country_name, d.subdivisions_0_name, d.city_name,
  d.location_latitude, d.location_longitude, d.location_accuracy_radius,
  d.traits_autonomous_system_number, d.traits_autonomous_system_organization, d.traits_isp, d.traits_organization, d.traits_domain,
  d.traits_connection_type, d.traits_user_type,
  CASE
    WHEN d.traits_is_tor_exit_node OR d.anonymizer_is_tor_exit_node THEN 'tor'
    WHEN d.traits_is_anonymous_vpn OR d.anonymizer_is_anonymous_vpn THEN 'vpn'
    WHEN d.traits_is_residential_proxy OR d.anonymizer_is_residential_proxy THEN 'residential proxy'
    WHEN d.traits_is_public_proxy OR d.anonymizer_is_public_proxy THEN 'public proxy'
    WHEN d.traits_is_hosting_provider OR d.anonymizer_is_hosting_provider OR d.traits_user_type = 'hosting' THEN 'hosting'
    WHEN d.traits_is_anonymous OR d.anonymizer_is_anonymous THEN 'anonymous'
    WHEN d.traits_is_anonymous IS FALSE OR d.anonymizer_is_anonymous IS FALSE OR d.traits_user_type IS NOT NULL THEN 'none'
  END AS anonymous_kind,
  d.details_source, d.scope,
  CASE WHEN k.known_id IS NOT NULL THEN coalesce(k.scope, 'noted') END AS known_scope
FROM addresses AS a
LEFT JOIN details AS d ON d.source_ip = a.source_ip
LEFT JOIN known_addresses AS k ON k.source_ip = a.source_ip
ORDER BY a.threat_score DESC, a.attempts DESC, a.source_ip
