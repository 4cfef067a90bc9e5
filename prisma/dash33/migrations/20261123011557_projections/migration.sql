-- CreateEnum
CREATE TYPE "side" AS ENUM ('BUY', 'SELL');

-- CreateEnum
CREATE TYPE "order_type" AS ENUM ('LIMIT', 'MARKET');

-- CreateEnum
CREATE TYPE "time_in_force" AS ENUM ('GTC', 'IOC');

-- CreateEnum
CREATE TYPE "order_status" AS ENUM ('OPEN', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "holder_kind" AS ENUM ('PERSON', 'SERVICE');

-- CreateTable
CREATE TABLE "outbox_event" (
    "position" BIGSERIAL NOT NULL,
    "event" JSONB NOT NULL,

    CONSTRAINT "outbox_event_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "inbox_event" (
    "consumer" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "taken_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "inbox_event_pkey" PRIMARY KEY ("consumer","event_id")
);

-- CreateTable
CREATE TABLE "dead_event" (
    "position" BIGSERIAL NOT NULL,
    "consumer" TEXT NOT NULL,
    "event" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "failed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "dead_event_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "watermark" (
    "name" TEXT NOT NULL,
    "engine_sequence" BIGINT NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "watermark_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "account" (
    "no" SERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "user_id" TEXT,
    "opened_at" TIMESTAMPTZ(3),

    CONSTRAINT "account_pkey" PRIMARY KEY ("no")
);

-- CreateTable
CREATE TABLE "holder" (
    "user_id" TEXT NOT NULL,
    "kind" "holder_kind" NOT NULL,

    CONSTRAINT "holder_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "balance" (
    "account_no" INTEGER NOT NULL,
    "asset" TEXT NOT NULL,
    "total" DECIMAL(38,0) NOT NULL,
    "held" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "balance_pkey" PRIMARY KEY ("account_no","asset")
);

-- CreateTable
CREATE TABLE "ledger_entry" (
    "engine_sequence" BIGINT NOT NULL,
    "posting" INTEGER NOT NULL,
    "account_no" INTEGER NOT NULL,
    "leg" SMALLINT NOT NULL,
    "asset" TEXT NOT NULL,
    "amount" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("engine_sequence","posting","leg")
);

-- CreateTable
CREATE TABLE "credit" (
    "reference" TEXT NOT NULL,
    "engine_sequence" BIGINT NOT NULL,
    "account_no" INTEGER NOT NULL,
    "asset" TEXT NOT NULL,
    "amount" DECIMAL(38,0) NOT NULL,
    "credited_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "credit_pkey" PRIMARY KEY ("reference")
);

-- CreateTable
CREATE TABLE "exchange_order" (
    "id" TEXT NOT NULL,
    "engine_sequence" BIGINT NOT NULL,
    "account_no" INTEGER NOT NULL,
    "symbol" TEXT NOT NULL,
    "client_order_id" TEXT NOT NULL,
    "side" "side" NOT NULL,
    "type" "order_type" NOT NULL,
    "time_in_force" "time_in_force" NOT NULL,
    "status" "order_status" NOT NULL,
    "price" BIGINT,
    "quantity" BIGINT NOT NULL,
    "filled_quantity" BIGINT NOT NULL,
    "filled_quote_amount" DECIMAL(38,0) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "exchange_order_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "trade" (
    "id" TEXT NOT NULL,
    "engine_sequence" BIGINT NOT NULL,
    "leg" INTEGER NOT NULL,
    "symbol" TEXT NOT NULL,
    "taker_side" "side" NOT NULL,
    "price" BIGINT NOT NULL,
    "quantity" BIGINT NOT NULL,
    "quote_amount" DECIMAL(38,0) NOT NULL,
    "maker_order_id" TEXT NOT NULL,
    "taker_order_id" TEXT NOT NULL,
    "maker_account_no" INTEGER NOT NULL,
    "taker_account_no" INTEGER NOT NULL,
    "maker_fee" DECIMAL(38,0) NOT NULL,
    "taker_fee" DECIMAL(38,0) NOT NULL,
    "executed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "trade_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "candle" (
    "symbol" TEXT NOT NULL,
    "open_time" TIMESTAMPTZ(3) NOT NULL,
    "open" BIGINT NOT NULL,
    "high" BIGINT NOT NULL,
    "low" BIGINT NOT NULL,
    "close" BIGINT NOT NULL,
    "volume" BIGINT NOT NULL,
    "quote_volume" DECIMAL(38,0) NOT NULL,
    "trade_count" INTEGER NOT NULL,

    CONSTRAINT "candle_pkey" PRIMARY KEY ("symbol","open_time")
);

-- CreateTable
CREATE TABLE "position" (
    "account_no" INTEGER NOT NULL,
    "symbol" TEXT NOT NULL,
    "quantity" DECIMAL(38,0) NOT NULL,
    "cost" DECIMAL(38,0) NOT NULL,
    "realised" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "position_pkey" PRIMARY KEY ("account_no","symbol")
);

-- CreateIndex
CREATE INDEX "inbox_event_taken_at_idx" ON "inbox_event" USING BRIN ("taken_at");

-- CreateIndex
CREATE UNIQUE INDEX "account_id_key" ON "account"("id");

-- CreateIndex
CREATE UNIQUE INDEX "account_user_id_key" ON "account"("user_id");

-- CreateIndex
CREATE INDEX "exchange_order_account_no_engine_sequence_idx" ON "exchange_order"("account_no", "engine_sequence");

-- CreateIndex
CREATE INDEX "exchange_order_open" ON "exchange_order"("account_no", "engine_sequence") WHERE (closed_at IS NULL);

-- CreateIndex
CREATE INDEX "exchange_order_never_filled" ON "exchange_order"("closed_at") WHERE (closed_at IS NOT NULL AND filled_quantity = 0);

-- CreateIndex
CREATE INDEX "trade_symbol_engine_sequence_leg_idx" ON "trade"("symbol", "engine_sequence", "leg");

-- CreateIndex
CREATE INDEX "trade_maker_account_no_engine_sequence_leg_idx" ON "trade"("maker_account_no", "engine_sequence", "leg");

-- CreateIndex
CREATE INDEX "trade_taker_account_no_engine_sequence_leg_idx" ON "trade"("taker_account_no", "engine_sequence", "leg");

-- The venue's own accounts: what it earned, and the other side of what came from outside.
INSERT INTO "account" ("no", "id") VALUES (1, 'fees'), (2, 'external');
SELECT setval(pg_get_serial_sequence('account', 'no'), 2);

-- Clients never owe: what is held is part of what is there.
ALTER TABLE "balance" ADD CONSTRAINT "balance_covers_holds" CHECK ("account_no" = 2 OR ("held" >= 0 AND "total" >= "held"));
ALTER TABLE "ledger_entry" ADD CONSTRAINT "ledger_entry_moves_something" CHECK ("amount" <> 0);

-- Double entry: each posting adds up to zero in every asset, and is written by one statement and never again.
CREATE FUNCTION "ledger_entry_check"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added GROUP BY engine_sequence, posting, asset HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'unbalanced posting' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION "ledger_entry_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger entries are never changed' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER "ledger_entry_balances" AFTER INSERT ON "ledger_entry"
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "ledger_entry_check"();
CREATE TRIGGER "ledger_entry_stays" BEFORE UPDATE OR DELETE OR TRUNCATE ON "ledger_entry"
  FOR EACH STATEMENT EXECUTE FUNCTION "ledger_entry_immutable"();

-- Small tables that change several times a second: room for updates in place, and a sweep after some hundred of them.
ALTER TABLE "watermark" SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE "balance" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE "position" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE "candle" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
-- A maker's orders come and go by the hundred a second: without a fixed threshold the sweep would come ever later.
ALTER TABLE "exchange_order" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000, autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000);
ALTER TABLE "outbox_event" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

INSERT INTO "watermark" ("name", "engine_sequence", "time") VALUES ('projections', 0, '1970-01-01T00:00:00Z');
