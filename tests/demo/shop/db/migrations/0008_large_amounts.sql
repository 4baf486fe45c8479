-- integer ends at 21 million euros, and the yearly invoices of the resellers do not.
ALTER TABLE orders ALTER COLUMN total_cents TYPE bigint;
ALTER TABLE payments ALTER COLUMN amount_cents TYPE bigint;

-- A longer varchar needs neither a rewrite nor a scan.
ALTER TABLE payments ALTER COLUMN reference TYPE varchar(140);
