-- CreateEnum
CREATE TYPE "direction" AS ENUM ('UP', 'DOWN');

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
CREATE TABLE "model" (
    "name" TEXT NOT NULL,
    "champion_version" INTEGER,

    CONSTRAINT "model_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "model_version" (
    "model_name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "onnx" BYTEA NOT NULL,
    "manifest" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "model_version_pkey" PRIMARY KEY ("model_name","version")
);

-- CreateTable
CREATE TABLE "score" (
    "model_name" TEXT NOT NULL,
    "model_version" INTEGER NOT NULL,
    "count" BIGINT NOT NULL DEFAULT 0,
    "hits" BIGINT NOT NULL DEFAULT 0,
    "brier_sum" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "baseline_hits" BIGINT NOT NULL DEFAULT 0,
    "baseline_brier_sum" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "score_pkey" PRIMARY KEY ("model_name","model_version")
);

-- CreateTable
CREATE TABLE "prediction" (
    "id" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,
    "tick" BIGINT NOT NULL,
    "made_at" TIMESTAMPTZ(3) NOT NULL,
    "model_name" TEXT NOT NULL,
    "model_version" INTEGER NOT NULL,
    "horizon_ms" INTEGER NOT NULL,
    "direction" "direction" NOT NULL,
    "probability" DOUBLE PRECISION NOT NULL,
    "baseline_direction" "direction" NOT NULL,
    "baseline_probability" DOUBLE PRECISION NOT NULL,
    "in_sample" BOOLEAN NOT NULL,
    "return_bps" DOUBLE PRECISION,

    CONSTRAINT "prediction_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "inbox_event_taken_at_idx" ON "inbox_event" USING BRIN ("taken_at");

-- CreateIndex
CREATE UNIQUE INDEX "model_version_sha256_key" ON "model_version"("sha256");

-- CreateIndex
CREATE INDEX "prediction_symbol_id_idx" ON "prediction"("symbol", "id" DESC);

-- CreateIndex
CREATE INDEX "prediction_made_at_idx" ON "prediction" USING BRIN ("made_at");

-- CreateIndex
CREATE UNIQUE INDEX "prediction_symbol_tick_key" ON "prediction"("symbol", "tick");

-- AddForeignKey
ALTER TABLE "model_version" ADD CONSTRAINT "model_version_model_name_fkey" FOREIGN KEY ("model_name") REFERENCES "model"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "score" ADD CONSTRAINT "score_model_name_model_version_fkey" FOREIGN KEY ("model_name", "model_version") REFERENCES "model_version"("model_name", "version") ON DELETE RESTRICT ON UPDATE CASCADE;
