-- AlterTable
ALTER TABLE "notification" ADD COLUMN     "anomaly_id" TEXT,
ADD COLUMN     "symbol" TEXT,
ALTER COLUMN "order_id" DROP NOT NULL;

-- CreateTable
CREATE TABLE "watched_market" (
    "user_id" TEXT NOT NULL,
    "symbol" TEXT NOT NULL,

    CONSTRAINT "watched_market_pkey" PRIMARY KEY ("user_id","symbol")
);

-- CreateIndex
CREATE INDEX "watched_market_symbol_idx" ON "watched_market"("symbol");
