-- DropIndex
DROP INDEX "exchange_order_never_filled";

-- CreateIndex
CREATE INDEX "exchange_order_closed" ON "exchange_order"("closed_at") WHERE (closed_at IS NOT NULL);
