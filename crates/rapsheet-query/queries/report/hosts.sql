-- Which servers wrote the lines, the one with the most events first: the report's title names them.
SELECT n.name AS host_name, sum(r.events) AS events
FROM rollup_service AS r
JOIN names AS n ON n.name_id = r.host_id
GROUP BY n.name
ORDER BY events DESC, host_name
