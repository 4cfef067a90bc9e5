-- CreateEnum
CREATE TYPE "stored_interval" AS ENUM ('S1', 'M1', 'H1', 'D1');

-- What is there are minutes.
ALTER TABLE "candle" DROP CONSTRAINT "candle_pkey",
ADD COLUMN     "interval" "stored_interval" NOT NULL DEFAULT 'M1',
ADD CONSTRAINT "candle_pkey" PRIMARY KEY ("symbol", "interval", "open_time");
ALTER TABLE "candle" ALTER COLUMN "interval" DROP DEFAULT;

-- Hours and days are stored from now on: of what has been, they are put together once.
INSERT INTO "candle" ("symbol", "interval", "open_time", "open", "high", "low", "close", "volume", "quote_volume", "trade_count")
SELECT "symbol", 'H1', date_trunc('hour', "open_time", 'UTC') AS "hour", (array_agg("open" ORDER BY "open_time"))[1], max("high"), min("low"),
  (array_agg("close" ORDER BY "open_time" DESC))[1], sum("volume"), sum("quote_volume"), sum("trade_count")
FROM "candle" WHERE "interval" = 'M1' GROUP BY "symbol", "hour";
INSERT INTO "candle" ("symbol", "interval", "open_time", "open", "high", "low", "close", "volume", "quote_volume", "trade_count")
SELECT "symbol", 'D1', date_trunc('day', "open_time", 'UTC') AS "day", (array_agg("open" ORDER BY "open_time"))[1], max("high"), min("low"),
  (array_agg("close" ORDER BY "open_time" DESC))[1], sum("volume"), sum("quote_volume"), sum("trade_count")
FROM "candle" WHERE "interval" = 'H1' GROUP BY "symbol", "day";
