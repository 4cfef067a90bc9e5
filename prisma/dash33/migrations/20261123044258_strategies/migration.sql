-- CreateEnum
CREATE TYPE "strategy_stop" AS ENUM ('USER', 'KILL_SWITCH', 'DAILY_LOSS');

-- CreateTable
CREATE TABLE "strategy" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "client_strategy_id" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,
    "min_probability" INTEGER NOT NULL,
    "order_quantity" BIGINT NOT NULL,
    "max_position" BIGINT NOT NULL,
    "max_slippage_bps" INTEGER NOT NULL,
    "max_orders_per_day" INTEGER NOT NULL,
    "max_daily_loss" DECIMAL(38,0) NOT NULL,
    "trade_in_sample" BOOLEAN NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT false,
    "stopped_because" "strategy_stop",
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "strategy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "strategy_order" (
    "strategy_id" TEXT NOT NULL,
    "prediction_id" TEXT NOT NULL,
    "side" "side" NOT NULL,
    "quantity" BIGINT NOT NULL,
    "price" BIGINT NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL,
    "outcome" TEXT,
    "order_id" TEXT,
    "base_change" DECIMAL(38,0) NOT NULL DEFAULT 0,
    "quote_change" DECIMAL(38,0) NOT NULL DEFAULT 0,

    CONSTRAINT "strategy_order_pkey" PRIMARY KEY ("strategy_id","prediction_id")
);

-- CreateIndex
CREATE INDEX "strategy_enabled" ON "strategy"("symbol") WHERE (enabled);

-- CreateIndex
CREATE UNIQUE INDEX "strategy_user_id_client_strategy_id_key" ON "strategy"("user_id", "client_strategy_id");

-- CreateIndex
CREATE INDEX "strategy_order_strategy_id_decided_at_idx" ON "strategy_order"("strategy_id", "decided_at");

-- CreateIndex
CREATE INDEX "strategy_order_unfilled" ON "strategy_order"("decided_at") WHERE (base_change = 0);

-- CreateIndex
CREATE UNIQUE INDEX "strategy_order_order_id_key" ON "strategy_order"("order_id");
