-- One command may give several assets their first prices: each is a flow of its own. What is there was the only one of its command.
ALTER TABLE "equity_flow" DROP CONSTRAINT "equity_flow_pkey",
ADD COLUMN     "leg" INTEGER NOT NULL DEFAULT 0,
ADD CONSTRAINT "equity_flow_pkey" PRIMARY KEY ("account_no", "engine_sequence", "leg");
UPDATE "equity_flow" f SET "leg" = t."leg"
FROM (SELECT "engine_sequence", "symbol", min("leg") AS "leg" FROM "trade" GROUP BY 1, 2) t
WHERE f."kind" = 'FIRST_PRICE' AND t."engine_sequence" = f."engine_sequence" AND t."symbol" = f."asset" || '-USDT';
ALTER TABLE "equity_flow" ALTER COLUMN "leg" DROP DEFAULT;
