-- What a customer still has to pay for, asked at every login.
SELECT id, public_id, total_cents, created_at
FROM orders
WHERE status = 'pending'
  AND customer_id = $1
ORDER BY created_at;
