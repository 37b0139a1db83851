-- Every ban, from when to when, how long it was meant to be, and how it ended: `unban`, `restarted` (fail2ban put it back after a
-- restart), `banned again` (the log has no end of it), or `still banned` (nothing follows).
-- The log and the database of one fail2ban tell of one ban within two seconds of each other; it counts once.
WITH steps AS (
  SELECT
    p.source_ip AS source_ip, p.source_network AS source_network, j.name AS fail2ban_jail, h.name AS host_name, b.event_action AS event_action,
    b.event_dataset AS event_dataset, b.done_at AS at, b.fail2ban_bantime AS fail2ban_bantime, b.fail2ban_bancount AS fail2ban_bancount,
    CASE WHEN b.event_action IN ('ban', 'restore_ban') THEN 1 ELSE 0 END AS start,
    CASE WHEN b.event_action = 'unban' THEN 0 WHEN b.event_action IN ('ban', 'restore_ban') THEN 1 ELSE 2 END AS place
  FROM exact_bans AS b
  JOIN peers AS p ON p.address_id = b.address_id
  LEFT JOIN names AS j ON j.name_id = b.jail_id
  LEFT JOIN names AS h ON h.name_id = b.host_id
  WHERE p.source_ip IS NOT NULL
),
seen AS (
  SELECT
    source_ip, source_network, fail2ban_jail, host_name, event_action, event_dataset, at, fail2ban_bantime, fail2ban_bancount, start, place,
    lag(at) OVER (PARTITION BY source_ip, fail2ban_jail, start ORDER BY at, place, event_action, event_dataset, host_name NULLS FIRST, fail2ban_bantime NULLS FIRST, fail2ban_bancount NULLS FIRST) AS previous_at,
    lag(event_dataset) OVER (PARTITION BY source_ip, fail2ban_jail, start ORDER BY at, place, event_action, event_dataset, host_name NULLS FIRST, fail2ban_bantime NULLS FIRST, fail2ban_bancount NULLS FIRST) AS previous_dataset,
    lag(host_name) OVER (PARTITION BY source_ip, fail2ban_jail, start ORDER BY at, place, event_action, event_dataset, host_name NULLS FIRST, fail2ban_bantime NULLS FIRST, fail2ban_bancount NULLS FIRST) AS previous_host
  FROM steps
),
-- A copy keeps its length and count, and starts nothing. Its host is the one that the other has, where it names none.
merged AS (
  SELECT
    source_ip, source_network, fail2ban_jail, event_action, at, fail2ban_bantime, fail2ban_bancount, place,
    CASE WHEN copy = 1 THEN coalesce(host_name, previous_host) ELSE host_name END AS host_name,
    CASE WHEN copy = 1 THEN 0 ELSE start END AS start
  FROM (
    SELECT
      source_ip, source_network, fail2ban_jail, host_name, event_action, at, fail2ban_bantime, fail2ban_bancount, start, place, previous_host,
      CASE WHEN start = 1 AND previous_at IS NOT NULL AND at <= previous_at + INTERVAL '2' SECOND AND event_dataset <> previous_dataset
        AND (host_name IS NULL OR previous_host IS NULL OR host_name = previous_host) THEN 1 ELSE 0 END AS copy
    FROM seen
  ) AS compared
),
numbered AS (
  SELECT
    source_ip, source_network, fail2ban_jail, host_name, event_action, at, fail2ban_bantime, fail2ban_bancount, start,
    sum(start) OVER (PARTITION BY source_ip, fail2ban_jail, host_name ORDER BY at, place, start DESC, fail2ban_bantime NULLS FIRST, fail2ban_bancount NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS number
  FROM merged
),
spans AS (
  SELECT
    source_ip, max(source_network) AS source_network, fail2ban_jail, host_name, number,
    min(at) FILTER (WHERE start = 1) AS banned_at,
    min(at) FILTER (WHERE event_action = 'unban') AS unbanned_at,
    CASE WHEN min(fail2ban_bantime) = -1 THEN -1 ELSE max(fail2ban_bantime) END AS fail2ban_bantime,
    max(fail2ban_bancount) AS fail2ban_bancount,
    bool_or(start = 1 AND event_action = 'restore_ban') AS restored
  FROM numbered
  WHERE number > 0
  GROUP BY source_ip, fail2ban_jail, host_name, number
),
followed AS (
  SELECT
    source_ip, source_network, fail2ban_jail, host_name, banned_at, unbanned_at, fail2ban_bantime, fail2ban_bancount, restored,
    lead(banned_at) OVER (PARTITION BY source_ip, fail2ban_jail, host_name ORDER BY number) AS next_at,
    lead(restored) OVER (PARTITION BY source_ip, fail2ban_jail, host_name ORDER BY number) AS next_restored
  FROM spans
)
SELECT
  source_ip,
  source_network,
  fail2ban_jail,
  host_name,
  banned_at,
  CASE WHEN unbanned_at IS NULL AND next_restored THEN next_at ELSE unbanned_at END AS unbanned_at,
  CASE
    WHEN unbanned_at IS NOT NULL AND next_restored IS TRUE AND next_at <= unbanned_at + INTERVAL '60' SECOND THEN 'restarted'
    WHEN unbanned_at IS NOT NULL THEN 'unban'
    WHEN next_restored THEN 'restarted'
    WHEN next_at IS NOT NULL THEN 'banned again'
    ELSE 'still banned'
  END AS ended_by,
  fail2ban_bantime,
  fail2ban_bancount,
  CASE WHEN restored THEN 'restored' ELSE 'new' END AS kind
FROM followed
