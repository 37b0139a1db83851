// What `anonymous_kind` of the table of addresses is made of, as `queries/report/addresses.sql` says it: a test compares the two.

export const anonymousKind =
  "CASE" +
  " WHEN d.traits_is_tor_exit_node OR d.anonymizer_is_tor_exit_node THEN 'tor'" +
  " WHEN d.traits_is_anonymous_vpn OR d.anonymizer_is_anonymous_vpn THEN 'vpn'" +
  " WHEN d.traits_is_residential_proxy OR d.anonymizer_is_residential_proxy THEN 'residential proxy'" +
  " WHEN d.traits_is_public_proxy OR d.anonymizer_is_public_proxy THEN 'public proxy'" +
  " WHEN d.traits_is_hosting_provider OR d.anonymizer_is_hosting_provider OR d.traits_user_type = 'hosting' THEN 'hosting'" +
  " WHEN d.traits_is_anonymous OR d.anonymizer_is_anonymous THEN 'anonymous'" +
  " WHEN d.traits_is_anonymous IS FALSE OR d.anonymizer_is_anonymous IS FALSE OR d.traits_user_type IS NOT NULL THEN 'none' END";
