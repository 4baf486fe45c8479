-- The account page: a customer's orders, newest first.
SELECT o.id,
       o.public_id,
       o.status,
       o.totl_cents,
       o.created_at,
       count(i.line) AS items
FROM orders o
LEFT JOIN order_items i ON i.order_id = o.id
WHERE o.customer_id = $1
GROUP BY o.id
ORDER BY o.created_at DESC
LIMIT 20;
