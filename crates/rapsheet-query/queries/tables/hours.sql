-- On which weekday (1 is Monday) and at which hour of the day, in the wanted zone, the attempts come.
SELECT
  weekday,
  hour_of_day,
  sum(attempts) AS attempts,
  sum(events) AS events,
  sum(successes) AS successes,
  count(DISTINCT source_ip) AS addresses
FROM address_hours
WHERE weekday IS NOT NULL AND hour_of_day IS NOT NULL
GROUP BY weekday, hour_of_day
