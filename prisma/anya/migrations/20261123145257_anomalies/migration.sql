-- CreateEnum
CREATE TYPE "anomaly_severity" AS ENUM ('LOW', 'MEDIUM', 'HIGH');

-- CreateTable
CREATE TABLE "anomaly" (
    "id" TEXT NOT NULL,
    "symbol" TEXT,
    "measure" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "score" DOUBLE PRECISION NOT NULL,
    "severity" "anomaly_severity" NOT NULL,
    "usual_from" DOUBLE PRECISION NOT NULL,
    "usual_to" DOUBLE PRECISION NOT NULL,
    "explanation" TEXT NOT NULL,
    "detected_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "anomaly_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "anomaly_symbol_id_idx" ON "anomaly"("symbol", "id" DESC);

-- CreateIndex
CREATE INDEX "anomaly_detected_at_idx" ON "anomaly" USING BRIN ("detected_at");

-- CreateIndex
CREATE UNIQUE INDEX "anomaly_symbol_measure_detected_at_key" ON "anomaly"("symbol", "measure", "detected_at");
