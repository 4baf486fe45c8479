-- Revenue by month, beside the month before and the year so far.
WITH monthly AS (
    SELECT date_trunc('month', p.received_at) AS month,
           sum(p.amount_cents) AS cents,
           count(DISTINCT o.customer_id) AS customers
    FROM payments p
    JOIN orders o ON o.id = p.order_id
    WHERE p.received_at >= $1
    GROUP BY 1
)
SELECT month::date,
       cents,
       customers,
       cents - lag(cents) OVER (ORDER BY month) AS change,
       sum(cents) OVER (PARTITION BY extract(year FROM month) ORDER BY month) AS year_to_date
FROM monthly
ORDER BY month;

-- The three products of each category that sell best.
SELECT category, sku, pieces, place
FROM (
    SELECT c.title AS category,
           p.sku,
           sum(i.quantity) AS pieces,
           rank() OVER (PARTITION BY c.id ORDER BY sum(i.quantity) DESC) AS place
    FROM order_items i
    JOIN products p ON p.id = i.product_id
    JOIN categories c ON c.id = p.category_id
    GROUP BY c.id, p.id
) ranked
WHERE place <= 3
ORDER BY category, place;
