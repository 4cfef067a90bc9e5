-- CreateEnum
CREATE TYPE "equity_flow_kind" AS ENUM ('CREDIT', 'FIRST_PRICE');

-- AlterTable
ALTER TABLE "position" ADD COLUMN     "base_fees" DECIMAL(38,0) NOT NULL DEFAULT 0,
ADD COLUMN     "fifo_realised" DECIMAL(38,0) NOT NULL DEFAULT 0,
ADD COLUMN     "quote_fees" DECIMAL(38,0) NOT NULL DEFAULT 0;

-- What was there counted lots (of 1,000 satoshi and of 10,000 units of ether) and no fees; it goes on from there.
UPDATE "position" SET "quantity" = "quantity" * CASE "symbol" WHEN 'ETH-USDT' THEN 10000 ELSE 1000 END, "fifo_realised" = "realised";
ALTER TABLE "position" ALTER COLUMN "base_fees" DROP DEFAULT, ALTER COLUMN "fifo_realised" DROP DEFAULT,
  ALTER COLUMN "quote_fees" DROP DEFAULT;

-- CreateTable
CREATE TABLE "position_lot" (
    "account_no" INTEGER NOT NULL,
    "symbol" TEXT NOT NULL,
    "engine_sequence" BIGINT NOT NULL,
    "leg" INTEGER NOT NULL,
    "acquired_at" TIMESTAMPTZ(3) NOT NULL,
    "quantity" DECIMAL(38,0) NOT NULL,
    "cost" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "position_lot_pkey" PRIMARY KEY ("account_no","symbol","engine_sequence","leg")
);

-- CreateTable
CREATE TABLE "equity_holding" (
    "account_no" INTEGER NOT NULL,
    "asset" TEXT NOT NULL,
    "total" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "equity_holding_pkey" PRIMARY KEY ("account_no","asset")
);

-- CreateTable
CREATE TABLE "mark_price" (
    "symbol" TEXT NOT NULL,
    "price" BIGINT NOT NULL,

    CONSTRAINT "mark_price_pkey" PRIMARY KEY ("symbol")
);

-- CreateTable
CREATE TABLE "equity_point" (
    "account_no" INTEGER NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL,
    "equity" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "equity_point_pkey" PRIMARY KEY ("account_no","time")
);

-- CreateTable
CREATE TABLE "equity_flow" (
    "account_no" INTEGER NOT NULL,
    "engine_sequence" BIGINT NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL,
    "kind" "equity_flow_kind" NOT NULL,
    "asset" TEXT NOT NULL,
    "amount" DECIMAL(38,0) NOT NULL,
    "value" DECIMAL(38,0) NOT NULL,
    "equity_before" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "equity_flow_pkey" PRIMARY KEY ("account_no","engine_sequence")
);

-- CreateTable
CREATE TABLE "paper_account" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "client_account_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "opening_equity" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "paper_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "paper_balance" (
    "account_id" TEXT NOT NULL,
    "asset" TEXT NOT NULL,
    "opening" DECIMAL(38,0) NOT NULL,
    "total" DECIMAL(38,0) NOT NULL,
    "held" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "paper_balance_pkey" PRIMARY KEY ("account_id","asset")
);

-- CreateTable
CREATE TABLE "paper_order" (
    "id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "client_order_id" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,
    "side" "side" NOT NULL,
    "type" "order_type" NOT NULL,
    "time_in_force" "time_in_force" NOT NULL,
    "post_only" BOOLEAN NOT NULL,
    "price" BIGINT,
    "quantity" BIGINT NOT NULL,
    "filled_quantity" BIGINT NOT NULL,
    "filled_quote_amount" DECIMAL(38,0) NOT NULL,
    "status" "order_status" NOT NULL,
    "cancel_reason" "cancel_reason",
    "held" DECIMAL(38,0) NOT NULL,
    "ahead" BIGINT NOT NULL,
    "engine_sequence" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "paper_order_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "paper_fill" (
    "account_id" TEXT NOT NULL,
    "engine_sequence" BIGINT NOT NULL,
    "leg" INTEGER NOT NULL,
    "order_id" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,
    "side" "side" NOT NULL,
    "price" BIGINT NOT NULL,
    "quantity" BIGINT NOT NULL,
    "base_amount" DECIMAL(38,0) NOT NULL,
    "quote_amount" DECIMAL(38,0) NOT NULL,
    "fee" DECIMAL(38,0) NOT NULL,
    "is_maker" BOOLEAN NOT NULL,
    "executed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "paper_fill_pkey" PRIMARY KEY ("account_id","engine_sequence","leg","order_id")
);

-- CreateTable
CREATE TABLE "paper_equity_point" (
    "account_id" TEXT NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL,
    "equity" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "paper_equity_point_pkey" PRIMARY KEY ("account_id","time")
);

-- CreateTable
CREATE TABLE "paper_watermark" (
    "id" INTEGER NOT NULL,
    "engine_sequence" BIGINT NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "paper_watermark_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "equity_point_time_idx" ON "equity_point"("time");

-- CreateIndex
CREATE INDEX "equity_flow_account_no_time_idx" ON "equity_flow"("account_no", "time");

-- CreateIndex
CREATE INDEX "paper_account_user_id_opened_at_idx" ON "paper_account"("user_id", "opened_at");

-- CreateIndex
CREATE UNIQUE INDEX "paper_account_user_id_client_account_id_key" ON "paper_account"("user_id", "client_account_id");

-- CreateIndex
CREATE INDEX "paper_order_account_id_id_idx" ON "paper_order"("account_id", "id");

-- CreateIndex
CREATE INDEX "paper_order_open" ON "paper_order"("symbol") WHERE (closed_at IS NULL);

-- CreateIndex
CREATE UNIQUE INDEX "paper_order_account_id_client_order_id_key" ON "paper_order"("account_id", "client_order_id");

-- CreateIndex
CREATE INDEX "paper_equity_point_time_idx" ON "paper_equity_point"("time");

-- What was held before lots were kept is one lot.
INSERT INTO "position_lot" ("account_no", "symbol", "engine_sequence", "leg", "acquired_at", "quantity", "cost")
SELECT p."account_no", p."symbol", 0, 0, w."time", p."quantity", p."cost"
FROM "position" p, "watermark" w WHERE w."name" = 'positions' AND p."quantity" <> 0;

INSERT INTO "mark_price" ("symbol", "price")
SELECT DISTINCT ON ("symbol") "symbol", "price" FROM "trade" ORDER BY "symbol", "engine_sequence" DESC, "leg" DESC;

INSERT INTO "equity_holding" ("account_no", "asset", "total")
SELECT b."account_no", b."asset", b."total" FROM "balance" b
JOIN "account" a ON a."no" = b."account_no" WHERE a."user_id" IS NOT NULL;

-- The curves of equity begin where the other projections stand.
INSERT INTO "watermark" ("name", "engine_sequence", "time")
SELECT 'equity', "engine_sequence", "time" FROM "watermark" WHERE "name" = 'positions';

-- What cannot be, whatever the code says.
ALTER TABLE "position_lot" ADD CONSTRAINT "position_lot_holds_something" CHECK ("quantity" <> 0);
ALTER TABLE "paper_balance" ADD CONSTRAINT "paper_balance_covers_its_holds" CHECK ("held" >= 0 AND "total" >= "held");
ALTER TABLE "paper_order" ADD CONSTRAINT "paper_order_fills_what_was_ordered"
  CHECK ("quantity" > 0 AND "filled_quantity" BETWEEN 0 AND "quantity" AND "held" >= 0 AND "ahead" >= 0);
ALTER TABLE "paper_watermark" ADD CONSTRAINT "paper_watermark_is_one" CHECK ("id" = 1);

INSERT INTO "paper_watermark" ("id", "engine_sequence", "minute")
SELECT 1, "engine_sequence", date_trunc('minute', "time") FROM "watermark" WHERE "name" = 'trades';

-- Lots come and go with every fill, holdings change with it.
ALTER TABLE "equity_holding" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
ALTER TABLE "position_lot" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
