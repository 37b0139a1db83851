-- What the web server sent when it was asked for secrets, shells and other holes: one row a path and reason, with status and size of one such
-- answer. An answer that three probed paths or more got alike, in status and size, or two that look for different things, or
-- the front page, is the page that anything gets (`is_common` 1), and nothing was handed out; so is an empty one. `turned_away` says how many other probed paths the server did not answer, and
-- `answers_all` is 1 where it answered all it was asked for, five paths at least.
WITH answers AS (
  SELECT
    path_id, reason, http_response_status_code, http_response_body_bytes,
    sum(attempts) AS requests,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
  FROM rollup_answer
  WHERE address_id IS NOT NULL
  GROUP BY path_id, reason, http_response_status_code, http_response_body_bytes
),
alike AS (
  SELECT http_response_status_code, http_response_body_bytes, count(DISTINCT path_id) AS paths, count(DISTINCT reason) AS reasons
  FROM answers
  WHERE http_response_body_bytes IS NOT NULL
  GROUP BY http_response_status_code, http_response_body_bytes
),
front AS (
  SELECT http_response_status_code, http_response_body_bytes, sum(events) AS visits
  FROM rollup_front
  GROUP BY http_response_status_code, http_response_body_bytes
),
probed AS (
  SELECT count(*) FILTER (WHERE answered = 0) AS turned_away, count(*) FILTER (WHERE answered > 0) AS answered
  FROM (SELECT path_id, sum(answered) AS answered FROM rollup_path WHERE reason LIKE 'probe%' GROUP BY path_id) AS grouped
),
judged AS (
  SELECT
    a.path_id AS path_id, a.reason AS reason, a.http_response_status_code AS http_response_status_code, a.http_response_body_bytes AS http_response_body_bytes,
    a.requests AS requests, a.first_seen AS first_seen, a.last_seen AS last_seen,
    CASE WHEN coalesce(s.paths, 0) >= 3 OR coalesce(s.paths, 0) = 2 AND s.reasons >= 2 OR f.visits > 0 OR coalesce(a.http_response_body_bytes, 1) = 0 THEN 1 ELSE 0 END AS is_common
  FROM answers AS a
  LEFT JOIN alike AS s ON s.http_response_status_code = a.http_response_status_code AND s.http_response_body_bytes = a.http_response_body_bytes
  LEFT JOIN front AS f ON f.http_response_status_code = a.http_response_status_code AND f.http_response_body_bytes = a.http_response_body_bytes
),
placed AS (
  SELECT
    path_id, reason, http_response_status_code, http_response_body_bytes, is_common,
    sum(requests) OVER (PARTITION BY path_id, reason, is_common) AS requests,
    min(first_seen) OVER (PARTITION BY path_id, reason, is_common) AS first_seen,
    max(last_seen) OVER (PARTITION BY path_id, reason, is_common) AS last_seen,
    row_number() OVER (PARTITION BY path_id, reason ORDER BY is_common, requests DESC, http_response_body_bytes DESC NULLS LAST, http_response_status_code) AS place
  FROM judged
),
asking AS (
  SELECT r.path_id AS path_id, r.reason AS reason, count(p.source_ip) AS addresses, min(p.source_ip) AS source_ip
  FROM (SELECT path_id, reason, address_id FROM rollup_answer WHERE address_id IS NOT NULL GROUP BY path_id, reason, address_id) AS r
  JOIN peers AS p ON p.address_id = r.address_id
  GROUP BY r.path_id, r.reason
)
SELECT
  n.name AS url_path, w.reason AS reason, w.http_response_status_code AS http_response_status_code, w.http_response_body_bytes AS http_response_body_bytes,
  w.requests AS requests, k.addresses AS addresses, k.source_ip AS source_ip, w.first_seen AS first_seen, w.last_seen AS last_seen, w.is_common AS is_common,
  p.turned_away AS turned_away,
  CASE WHEN p.turned_away = 0 AND p.answered >= 5 THEN 1 ELSE 0 END AS answers_all
FROM placed AS w
CROSS JOIN probed AS p
JOIN names AS n ON n.name_id = w.path_id
JOIN asking AS k ON k.path_id = w.path_id AND k.reason IS NOT DISTINCT FROM w.reason
WHERE w.place = 1
