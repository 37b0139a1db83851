-- Of how much a picture tells: addresses, how many of them tried or were banned, attempts, from when to when; and the attempts of
-- host names without an address, those without a time, and from when to when all of them were.
SELECT
  a.addresses AS addresses, a.attackers AS attackers, a.attempts AS attempts, a.first_seen AS first_seen, a.last_seen AS last_seen,
  t.of_names AS of_names, o.untimed AS untimed, t.first_of_all AS first_of_all, t.last_of_all AS last_of_all
FROM (
  SELECT
    count(*) AS addresses,
    count(*) FILTER (WHERE attempts > 0 OR bans + restored > 0) AS attackers,
    coalesce(sum(attempts), 0) AS attempts,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
  FROM addresses
) AS a
CROSS JOIN (
  SELECT
    coalesce(sum(k.attempts) FILTER (WHERE p.source_ip IS NULL), 0) AS of_names,
    min(k.first_seen) AS first_of_all,
    max(k.last_seen) AS last_of_all
  FROM rollup_kind AS k
  LEFT JOIN peers AS p ON p.address_id = k.address_id
) AS t
CROSS JOIN (
  SELECT coalesce(sum(attempts), 0) AS untimed
  FROM rollup_hour
  WHERE hour_id IS NULL
) AS o
