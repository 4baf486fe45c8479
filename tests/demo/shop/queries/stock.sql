-- What has to be ordered soon: less on the shelves than was promised and will be, at last month's pace.
SELECT p.sku,
       p.title,
       sum(s.on_hand - s.reserved) AS available,
       coalesce(sold.pieces, 0) AS sold_last_month
FROM products p
JOIN warehouse.inventory s ON s.product_id = p.id
LEFT JOIN LATERAL (
    SELECT sum(i.quantity) AS pieces
    FROM order_items i
    JOIN orders o ON o.id = i.order_id
    WHERE i.product_id = p.id
      AND o.status <> 'cancelled'
      AND o.created_at >= now() - interval '1 month'
) sold ON true
WHERE p.active
GROUP BY p.id, sold.pieces
HAVING sum(s.on_hand - s.reserved) < coalesce(sold.pieces, 0)
ORDER BY available;

-- name: reserve
UPDATE warehouse.inventory
SET reserved = reserved + :quantity
WHERE location_id = :location
  AND product_id = :product
  AND on_hand - reserved >= :quantity
RETURNING on_hand - reserved AS left_over;

-- name: count
INSERT INTO warehouse.inventory AS stock (location_id, product_id, on_hand, counted_at)
VALUES (:location, :product, :on_hand, current_date)
ON CONFLICT (location_id, product_id) DO UPDATE
SET on_hand = excluded.on_hand,
    counted_at = excluded.counted_at
WHERE stock.on_hand IS DISTINCT FROM excluded.on_hand;
