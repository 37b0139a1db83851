-- How many rows the report's tables of findings, logins and bans would have without their limits.
SELECT f.findings AS findings, l.logins AS logins, b.bans AS bans
FROM (SELECT count(*) AS findings FROM findings) AS f
CROSS JOIN (SELECT count(*) AS logins FROM logins) AS l
CROSS JOIN (SELECT count(*) AS bans FROM bans) AS b
