INSERT INTO categories (slug, title) VALUES ('other', 'Everything else') ON CONFLICT (slug) DO NOTHING;

UPDATE products
SET category_id = (SELECT id FROM categories WHERE slug = 'other')
WHERE category_id IS NULL;

ALTER TABLE products ALTER COLUMN category_id SET NOT NULL;
