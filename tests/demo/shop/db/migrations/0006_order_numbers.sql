-- A constant default is only written down in the catalog: quick, whatever the table's size.
ALTER TABLE orders ADD COLUMN currency char(3) NOT NULL DEFAULT 'EUR';

-- Every row needs a value of its own here, so the whole table is written again.
ALTER TABLE orders ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid();
