CREATE SUBSCRIPTION one CONNECTION 'dbname=nowhere' PUBLICATION a, b WITH (connect = false, slot_name = NONE);
CREATE SUBSCRIPTION two CONNECTION 'dbname=nowhere' PUBLICATION c WITH (connect = false, slot_name = NONE, enabled = false);
ALTER SUBSCRIPTION one SET PUBLICATION c, d WITH (refresh = false);
-- since 14
ALTER SUBSCRIPTION one ADD PUBLICATION e WITH (refresh = false);
-- since 14
ALTER SUBSCRIPTION one DROP PUBLICATION c WITH (refresh = false);
ALTER SUBSCRIPTION two RENAME TO second;
COMMENT ON SUBSCRIPTION second IS 'off';
CREATE SUBSCRIPTION gone CONNECTION 'dbname=nowhere' PUBLICATION c WITH (connect = false, slot_name = NONE);
DROP SUBSCRIPTION gone;
DROP SUBSCRIPTION IF EXISTS gone;
