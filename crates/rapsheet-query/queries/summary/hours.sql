-- Attempts by weekday (1 is Monday) and hour of the day.
SELECT weekday, hour_of_day, attempts, successes, addresses
FROM hours
ORDER BY weekday, hour_of_day
