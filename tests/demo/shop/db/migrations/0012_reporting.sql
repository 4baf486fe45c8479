CREATE VIEW order_balances AS
SELECT o.id AS order_id,
       o.customer_id,
       o.status,
       o.total_cents,
       coalesce(sum(p.amount_cents), 0)::bigint AS paid_cents,
       o.total_cents - coalesce(sum(p.amount_cents), 0)::bigint AS due_cents
FROM orders o
LEFT JOIN payments p ON p.order_id = o.id
GROUP BY o.id;

COMMENT ON VIEW order_balances IS 'What every order still has to bring in';

CREATE FUNCTION customer_revenue(customer bigint, since timestamptz DEFAULT '-infinity')
RETURNS bigint
LANGUAGE sql
STABLE
AS $$
    SELECT coalesce(sum(p.amount_cents), 0)::bigint
    FROM payments p
    JOIN orders o ON o.id = p.order_id
    WHERE o.customer_id = customer
      AND p.received_at >= since
$$;

COMMENT ON FUNCTION customer_revenue(bigint, timestamptz) IS 'What a customer paid, refunds taken off, in cents';
