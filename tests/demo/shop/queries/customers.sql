-- The customers that we owe a thank-you card.
SELECT c.id,
       c.name,
       c.email,
       customer_revenue(c.id, now() - interval '1 year') AS last_year_cents
FROM customers c
WHERE c.deleted_at IS NULL
  AND EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.status = 'delivered')
ORDER BY last_year_cents DESC
LIMIT $1;

-- Who has to be reminded.
SELECT c.email, b.order_id, b.due_cents
FROM order_balances b
JOIN customers c ON c.id = b.customer_id
WHERE b.due_cents > 0
  AND b.status IN ('shipped', 'delivered')
ORDER BY b.due_cents DESC;

-- Closing an account keeps the orders and forgets the person.
WITH closed AS (
    UPDATE customers
    SET email = 'closed-' || id || '@invalid', name = '', phone = NULL, deleted_at = now()
    WHERE id = $1 AND deleted_at IS NULL
    RETURNING id
)
DELETE FROM addresses a
USING closed
WHERE a.customer_id = closed.id
  AND NOT EXISTS (SELECT FROM orders o WHERE o.shipping_address_id = a.id);
