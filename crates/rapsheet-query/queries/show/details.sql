-- What enrichment knows of the selected addresses. Rust fills the table selected (source_ip) with the addresses in question.
-- $limit = 100: how many
SELECT
  d.source_ip AS source_ip, d.network AS network, d.scope AS scope, d.continent_code AS continent_code, d.continent_name AS continent_name,
  d.country_iso_code AS country_iso_code, d.country_name AS country_name, d.country_is_in_european_union AS country_is_in_european_union,
  d.country_confidence AS country_confidence, d.registered_country_iso_code AS registered_country_iso_code,
  d.registered_country_name AS registered_country_name, d.represented_country_iso_code AS represented_country_iso_code,
  d.represented_country_name AS represented_country_name, d.represented_country_type AS represented_country_type,
  d.subdivisions_0_iso_code AS subdivisions_0_iso_code, d.subdivisions_0_name AS subdivisions_0_name,
  d.subdivisions_0_confidence AS subdivisions_0_confidence, d.subdivisions_1_iso_code AS subdivisions_1_iso_code,
  d.subdivisions_1_name AS subdivisions_1_name, d.subdivisions_1_confidence AS subdivisions_1_confidence, d.city_name AS city_name,
  d.city_geoname_id AS city_geoname_id, d.city_confidence AS city_confidence, d.postal_code AS postal_code, d.postal_confidence AS postal_confidence,
  d.location_latitude AS location_latitude, d.location_longitude AS location_longitude, d.location_accuracy_radius AS location_accuracy_radius,
  d.location_time_zone AS location_time_zone, d.location_metro_code AS location_metro_code, d.location_average_income AS location_average_income,
  d.location_population_density AS location_population_density, d.traits_autonomous_system_number AS traits_autonomous_system_number,
  d.traits_autonomous_system_organization AS traits_autonomous_system_organization, d.traits_isp AS traits_isp,
  d.traits_organization AS traits_organization, d.traits_domain AS traits_domain, d.traits_connection_type AS traits_connection_type,
  d.traits_user_type AS traits_user_type, d.traits_user_count AS traits_user_count, d.traits_static_ip_score AS traits_static_ip_score,
  d.traits_ip_risk_snapshot AS traits_ip_risk_snapshot, d.traits_mobile_country_code AS traits_mobile_country_code,
  d.traits_mobile_network_code AS traits_mobile_network_code, d.traits_is_anycast AS traits_is_anycast, d.traits_is_anonymous AS traits_is_anonymous,
  d.traits_is_anonymous_vpn AS traits_is_anonymous_vpn, d.traits_is_hosting_provider AS traits_is_hosting_provider,
  d.traits_is_public_proxy AS traits_is_public_proxy, d.traits_is_residential_proxy AS traits_is_residential_proxy,
  d.traits_is_tor_exit_node AS traits_is_tor_exit_node, d.traits_is_legitimate_proxy AS traits_is_legitimate_proxy,
  d.anonymizer_confidence AS anonymizer_confidence, d.anonymizer_provider_name AS anonymizer_provider_name,
  d.anonymizer_network_last_seen AS anonymizer_network_last_seen, d.details_source AS details_source, d.details_as_of AS details_as_of
FROM details AS d
JOIN selected AS s ON s.source_ip = d.source_ip
ORDER BY d.source_ip
LIMIT $limit
