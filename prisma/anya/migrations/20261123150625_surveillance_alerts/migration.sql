-- CreateEnum
CREATE TYPE "manipulation_kind" AS ENUM ('SPOOFING', 'LAYERING', 'WASH_TRADING', 'QUOTE_STUFFING');

-- CreateTable
CREATE TABLE "surveillance_alert" (
    "id" TEXT NOT NULL,
    "kind" "manipulation_kind" NOT NULL,
    "symbol" TEXT NOT NULL,
    "account_ids" TEXT[],
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3) NOT NULL,
    "explanation" TEXT NOT NULL,
    "evidence" JSONB NOT NULL,
    "detected_at" TIMESTAMPTZ(3) NOT NULL,
    "fingerprint" TEXT NOT NULL,

    CONSTRAINT "surveillance_alert_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "surveillance_alert_fingerprint_key" ON "surveillance_alert"("fingerprint");

-- CreateIndex
CREATE INDEX "surveillance_alert_detected_at_idx" ON "surveillance_alert" USING BRIN ("detected_at");
