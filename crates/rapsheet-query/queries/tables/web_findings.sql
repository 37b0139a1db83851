-- The findings about what the web server answered, in the parts that `login_findings` tells of. Kinds: `probed_secret_answered` (secrets) and
-- `attack_answered` (shells, one finding a path; other attacks on programs together, one a reason).
WITH shells AS (
  SELECT url_path, reason, http_response_status_code, http_response_body_bytes, requests, addresses, source_ip, first_seen, last_seen, is_common, turned_away, answers_all,
    CASE WHEN reason = 'probe_secrets' THEN 1 ELSE 0 END AS is_secret,
    CASE WHEN reason = 'probe_shell' AND regexp_like(url_path, '[.](php[0-9]?|phtml|phar|jspx?|aspx?|ashx|cgi|pl|cfm|war)$') AND url_path NOT LIKE '%/index.php' THEN 1 ELSE 0 END AS is_shell
  FROM handed_out
)
SELECT
  CASE WHEN answers_all = 1 OR http_response_body_bytes IS NULL AND turned_away = 0 THEN 'warning' WHEN is_shell = 1 AND turned_away = 0 THEN 'warning' ELSE 'critical' END AS severity,
  CASE WHEN is_secret = 1 THEN 'probed_secret_answered' ELSE 'attack_answered' END AS kind,
  'handed_out' AS question,
  CASE WHEN addresses = 1 THEN 'asked for ' || url_path || ' and was answered with ' ELSE url_path || ' was asked for, and answered with ' END AS s1,
  CAST(http_response_status_code AS BIGINT) AS n1,
  CASE WHEN http_response_body_bytes IS NULL THEN '' ELSE ' and ' END AS s2,
  CAST(http_response_body_bytes AS BIGINT) AS n2,
  CASE WHEN http_response_body_bytes IS NULL THEN '' WHEN http_response_body_bytes = 1 THEN ' byte' ELSE ' bytes' END AS s3,
  CAST(NULL AS BIGINT) AS n3,
  '' AS s4,
  CAST(addresses AS BIGINT) AS addresses,
  '' AS e1,
  CASE WHEN requests > 1 THEN CAST(requests AS BIGINT) END AS m1,
  CASE WHEN requests > 1 THEN ' requests' ELSE '' END || CASE WHEN addresses > 1 THEN ' of ' ELSE '' END AS e2,
  CASE WHEN addresses > 1 THEN CAST(addresses AS BIGINT) END AS m2,
  CASE WHEN addresses > 1 THEN ' addresses' ELSE '' END
    || CASE WHEN requests > 1 THEN '; ' ELSE '' END || CASE WHEN answers_all = 1 THEN 'the server answered whatever it was asked for, so look whether this is the real file' WHEN turned_away > 0 THEN '' ELSE 'nothing else was asked for to compare with' END AS e3,
  CASE WHEN answers_all = 0 AND turned_away > 0 THEN CAST(turned_away AS BIGINT) END AS m3,
  CASE WHEN answers_all = 1 OR turned_away = 0 THEN '' WHEN turned_away = 1 THEN ' other probed path was turned away' ELSE ' other probed paths were turned away' END AS e4,
  CAST(requests AS BIGINT) AS weight,
  CASE WHEN addresses = 1 THEN source_ip END AS source_ip,
  CAST(NULL AS STRING) AS source_network,
  CAST(NULL AS STRING) AS user_name,
  url_path,
  first_seen AS at
FROM shells
WHERE is_secret + is_shell > 0 AND is_common = 0
UNION ALL
-- That a page answers to an attack as it does to a visitor is no proof; and that the front page answers tells nothing at all.
SELECT
  CASE WHEN reason = 'probe_injection' THEN 'notice' ELSE 'warning' END AS severity,
  'attack_answered' AS kind,
  CAST(NULL AS STRING) AS question,
  '' AS s1,
  CAST(count(*) AS BIGINT) AS n1,
  CASE WHEN count(*) = 1 THEN ' path' ELSE ' paths' END || ' answered to attacks (' || reason || '), most ' || max(url_path) FILTER (WHERE place = 1) AS s2,
  CAST(NULL AS BIGINT) AS n2,
  '' AS s3,
  CAST(NULL AS BIGINT) AS n3,
  '' AS s4,
  CAST(max(addresses) AS BIGINT) AS addresses,
  '' AS e1,
  CAST(sum(requests) AS BIGINT) AS m1,
  CASE WHEN sum(requests) = 1 THEN ' request' ELSE ' requests' END || ': look whether the server answers so to anything' AS e2,
  CAST(NULL AS BIGINT) AS m2,
  '' AS e3,
  CAST(NULL AS BIGINT) AS m3,
  '' AS e4,
  CAST(sum(requests) AS BIGINT) AS weight,
  CASE WHEN count(*) = 1 AND max(addresses) = 1 THEN max(source_ip) END AS source_ip,
  CAST(NULL AS STRING) AS source_network,
  CAST(NULL AS STRING) AS user_name,
  max(url_path) FILTER (WHERE place = 1) AS url_path,
  max(last_seen) AS at
FROM (
  SELECT
    url_path, reason, requests, addresses, source_ip, last_seen,
    row_number() OVER (PARTITION BY reason ORDER BY requests DESC, url_path) AS place
  FROM shells
  WHERE reason IN ('probe_shell', 'probe_injection', 'probe_traversal', 'probe_cve') AND is_shell = 0 AND is_common = 0 AND url_path <> '/'
) AS attacked
GROUP BY reason
