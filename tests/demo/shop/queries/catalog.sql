-- Products of a category and of the categories below it.
WITH RECURSIVE tree AS (
    SELECT c.id, c.title, 1 AS depth
    FROM categories c
    WHERE c.slug = :category
  UNION ALL
    SELECT c.id, c.title, tree.depth + 1
    FROM tree
    JOIN categories c ON c.parent_id = tree.id
)
SELECT p.id,
       p.sku,
       p.title,
       tree.title AS category,
       p.price_cents / 100.0 AS price,
       p.attributes ->> 'colour' AS colour
FROM products p
JOIN tree ON tree.id = p.category_id
WHERE p.active
  AND (:tag::text IS NULL OR :tag = ANY (p.tags))
ORDER BY tree.depth, p.title
LIMIT :page_size OFFSET :offset;

-- The page of one product.
SELECT p.*, c.title AS category
FROM products p
JOIN categories c ON c.id = p.category_id
WHERE p.sku = :sku;
