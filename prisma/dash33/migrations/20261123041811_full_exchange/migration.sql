-- CreateEnum
CREATE TYPE "self_trade_prevention" AS ENUM ('NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH', 'DECREMENT');

-- CreateEnum
CREATE TYPE "cancel_reason" AS ENUM ('REQUESTED', 'MASS_CANCEL', 'REMAINDER', 'FILL_OR_KILL', 'PROTECTION', 'PRICE_BAND', 'SELF_TRADE', 'EXPIRED', 'OTHER_LEG', 'ENTRY_CLOSED', 'REFUSED_AT_TRIGGER', 'DEAD_MAN', 'KILL_SWITCH');

-- CreateEnum
CREATE TYPE "group_role" AS ENUM ('OCO_LIMIT', 'OCO_STOP', 'ENTRY', 'TAKE_PROFIT', 'STOP_LOSS');

-- CreateEnum
CREATE TYPE "kill_switch_scope" AS ENUM ('ACCOUNT', 'MARKET', 'VENUE');

-- CreateEnum
CREATE TYPE "venue_setting" AS ENUM ('RISK_LIMITS', 'RISK_PROFILE', 'MARKET_RULES', 'FEE_SCHEDULE', 'KILL_SWITCH');

-- AlterEnum
ALTER TYPE "order_status" ADD VALUE 'PENDING';
ALTER TYPE "order_status" ADD VALUE 'EXPIRED';

-- AlterEnum
ALTER TYPE "order_type" ADD VALUE 'STOP';
ALTER TYPE "order_type" ADD VALUE 'STOP_LIMIT';
ALTER TYPE "order_type" ADD VALUE 'TRAILING_STOP';

-- AlterEnum
ALTER TYPE "time_in_force" ADD VALUE 'FOK';
ALTER TYPE "time_in_force" ADD VALUE 'GTD';
ALTER TYPE "time_in_force" ADD VALUE 'DAY';

-- DropIndex
DROP INDEX "exchange_order_account_no_engine_sequence_idx";

-- DropIndex
DROP INDEX "exchange_order_open";

-- AlterTable
ALTER TABLE "exchange_order" ADD COLUMN     "cancel_reason" "cancel_reason",
ADD COLUMN     "display_quantity" BIGINT,
ADD COLUMN     "expires_at" TIMESTAMPTZ(3),
ADD COLUMN     "group_id" TEXT,
ADD COLUMN     "post_only" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "role" "group_role",
ADD COLUMN     "self_trade_prevention" "self_trade_prevention" NOT NULL DEFAULT 'EXPIRE_TAKER',
ADD COLUMN     "stop_price" BIGINT,
ADD COLUMN     "trailing_amount" BIGINT,
ADD COLUMN     "trailing_bps" INTEGER;

-- What was there knew one kind of order.
ALTER TABLE "exchange_order" ALTER COLUMN "post_only" DROP DEFAULT, ALTER COLUMN "self_trade_prevention" DROP DEFAULT;

-- AlterTable
ALTER TABLE "trade" ADD COLUMN     "auction" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "base_amount" DECIMAL(38,0) NOT NULL DEFAULT 0,
ADD COLUMN     "maker_fee_bps" SMALLINT NOT NULL DEFAULT 2,
ADD COLUMN     "taker_fee_bps" SMALLINT NOT NULL DEFAULT 5;

-- And one schedule of fees, and lots of 1,000 satoshi and of 10,000 units of ether.
UPDATE "trade" SET "base_amount" = "quantity" * CASE "symbol" WHEN 'ETH-USDT' THEN 10000 ELSE 1000 END;
ALTER TABLE "trade" ALTER COLUMN "auction" DROP DEFAULT, ALTER COLUMN "base_amount" DROP DEFAULT,
  ALTER COLUMN "maker_fee_bps" DROP DEFAULT, ALTER COLUMN "taker_fee_bps" DROP DEFAULT;

-- CreateTable
CREATE TABLE "pending_transfer" (
    "order_id" TEXT NOT NULL,
    "account_no" INTEGER NOT NULL,
    "asset" TEXT NOT NULL,
    "amount" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "pending_transfer_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "risk_limit" (
    "profile" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,
    "max_order_quantity" BIGINT,
    "max_order_notional" DECIMAL(38,0),
    "max_open_orders" INTEGER,
    "max_position" BIGINT,
    "max_exposure" DECIMAL(38,0),
    "max_messages_per_second" INTEGER,
    "engine_sequence" BIGINT NOT NULL,

    CONSTRAINT "risk_limit_pkey" PRIMARY KEY ("profile","symbol")
);

-- CreateTable
CREATE TABLE "risk_assignment" (
    "account_no" INTEGER NOT NULL,
    "profile" TEXT NOT NULL,
    "engine_sequence" BIGINT NOT NULL,

    CONSTRAINT "risk_assignment_pkey" PRIMARY KEY ("account_no")
);

-- CreateTable
CREATE TABLE "market_rule" (
    "symbol" TEXT NOT NULL,
    "max_quantity" BIGINT NOT NULL,
    "min_notional" DECIMAL(38,0) NOT NULL,
    "collar_bps" INTEGER NOT NULL,
    "protection_bps" INTEGER NOT NULL,
    "price_band_bps" INTEGER NOT NULL,
    "band_window_ms" INTEGER NOT NULL,
    "halt_auction_ms" INTEGER NOT NULL,
    "engine_sequence" BIGINT NOT NULL,

    CONSTRAINT "market_rule_pkey" PRIMARY KEY ("symbol")
);

-- CreateTable
CREATE TABLE "fee_tier" (
    "min_volume" DECIMAL(38,0) NOT NULL,
    "maker_bps" INTEGER NOT NULL,
    "taker_bps" INTEGER NOT NULL,
    "engine_sequence" BIGINT NOT NULL,

    CONSTRAINT "fee_tier_pkey" PRIMARY KEY ("min_volume")
);

-- CreateTable
CREATE TABLE "kill_switch" (
    "scope" "kill_switch_scope" NOT NULL,
    "target" TEXT NOT NULL,
    "engaged" BOOLEAN NOT NULL,
    "engine_sequence" BIGINT NOT NULL,

    CONSTRAINT "kill_switch_pkey" PRIMARY KEY ("scope","target")
);

-- CreateTable
CREATE TABLE "venue_change" (
    "engine_sequence" BIGINT NOT NULL,
    "setting" "venue_setting" NOT NULL,
    "target" TEXT NOT NULL,
    "before" JSONB,
    "after" JSONB NOT NULL,
    "changed_by" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "venue_change_pkey" PRIMARY KEY ("engine_sequence")
);

-- CreateIndex
CREATE INDEX "venue_change_setting_target_engine_sequence_idx" ON "venue_change"("setting", "target", "engine_sequence");

-- CreateIndex
CREATE INDEX "exchange_order_account_no_engine_sequence_id_idx" ON "exchange_order"("account_no", "engine_sequence", "id");

-- CreateIndex
CREATE INDEX "exchange_order_account_no_symbol_engine_sequence_id_idx" ON "exchange_order"("account_no", "symbol", "engine_sequence", "id");

-- CreateIndex
CREATE INDEX "exchange_order_account_no_client_order_id_engine_sequence_idx" ON "exchange_order"("account_no", "client_order_id", "engine_sequence");

-- CreateIndex
CREATE INDEX "exchange_order_open" ON "exchange_order"("account_no", "engine_sequence", "id") WHERE (closed_at IS NULL);

-- CreateIndex
CREATE INDEX "exchange_order_group" ON "exchange_order"("group_id") WHERE (group_id IS NOT NULL);

-- CreateIndex
CREATE INDEX "trade_engine_sequence_leg_idx" ON "trade"("engine_sequence", "leg");

-- What is pending is above nothing: a transfer with nothing left is over.
ALTER TABLE "pending_transfer" ADD CONSTRAINT "pending_transfer_holds_something" CHECK ("amount" > 0);
-- A maker's holds come, shrink and go with its orders.
ALTER TABLE "pending_transfer" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000, autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000);

-- The open orders of before: a sell holds its base, a buy its price, in minor units (of one lot, and of one tick times one lot).
INSERT INTO "pending_transfer" ("order_id", "account_no", "asset", "amount")
SELECT "id", "account_no", CASE "side" WHEN 'BUY' THEN 'USDT' ELSE split_part("symbol", '-', 1) END,
  ("quantity" - "filled_quantity") * CASE "side" WHEN 'BUY' THEN "price" * CASE "symbol" WHEN 'ETH-USDT' THEN 10 ELSE 1 END
    ELSE CASE "symbol" WHEN 'ETH-USDT' THEN 10000 ELSE 1000 END END
FROM "exchange_order" WHERE "closed_at" IS NULL AND "price" IS NOT NULL;

-- The venue's changes are append-only: a rebuild of the projection, by the owner of the table, is the one exception.
CREATE FUNCTION "venue_change_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'changes of the venue are never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER "venue_change_stays" BEFORE UPDATE OR DELETE OR TRUNCATE ON "venue_change"
  FOR EACH STATEMENT EXECUTE FUNCTION "venue_change_immutable"();

-- A watermark for each projection, where the one of all of them stood.
INSERT INTO "watermark" ("name", "engine_sequence", "time")
SELECT p."name", w."engine_sequence", w."time" FROM "watermark" w,
  unnest(ARRAY['ledger', 'orders', 'trades', 'candles', 'positions', 'settings', 'outbox']) AS p ("name") WHERE w."name" = 'projections';
DELETE FROM "watermark" WHERE "name" = 'projections';
