-- The hours of the report's rows, and the day of each in the wanted zone.
SELECT hour_id, day FROM clock
