-- DropIndex
DROP INDEX "prediction_symbol_id_idx";

-- DropIndex
DROP INDEX "prediction_symbol_tick_key";

-- AlterTable
ALTER TABLE "prediction" ADD COLUMN     "baseline_quantiles_bps" DOUBLE PRECISION[],
ADD COLUMN     "baseline_return_bps" DOUBLE PRECISION,
ADD COLUMN     "baseline_volatility_bps" DOUBLE PRECISION,
ADD COLUMN     "data_from" TIMESTAMPTZ(3),
ADD COLUMN     "data_rows" INTEGER,
ADD COLUMN     "data_to" TIMESTAMPTZ(3),
ADD COLUMN     "expected_return_bps" DOUBLE PRECISION,
ADD COLUMN     "quantiles_bps" DOUBLE PRECISION[],
ADD COLUMN     "realised_volatility_bps" DOUBLE PRECISION,
ADD COLUMN     "vector" BYTEA,
ADD COLUMN     "vector_hash" BYTEA,
ADD COLUMN     "volatility_bps" DOUBLE PRECISION,
ALTER COLUMN "direction" DROP NOT NULL,
ALTER COLUMN "probability" DROP NOT NULL,
ALTER COLUMN "baseline_direction" DROP NOT NULL,
ALTER COLUMN "baseline_probability" DROP NOT NULL;

-- What was scored before goes on as the sums of all markets; its probabilities were not kept bin by bin.
ALTER TABLE "score" DROP CONSTRAINT "score_pkey",
ADD COLUMN     "symbol" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "horizon_ms" INTEGER,
ADD COLUMN     "sums" JSONB;
UPDATE "score" SET
  "horizon_ms" = ("model_version"."manifest" ->> 'horizonMs')::INTEGER,
  "sums" = jsonb_build_object(
    'forecast', jsonb_build_object('count', "count", 'hits', "hits", 'squaredErrors', "brier_sum"),
    'baseline', jsonb_build_object('count', "count", 'hits', "baseline_hits", 'squaredErrors', "baseline_brier_sum"))
FROM "model_version"
WHERE "model_version"."model_name" = "score"."model_name" AND "model_version"."version" = "score"."model_version";
DELETE FROM "score" WHERE "count" = 0;

-- AlterTable
ALTER TABLE "score"
DROP COLUMN "baseline_brier_sum",
DROP COLUMN "baseline_hits",
DROP COLUMN "brier_sum",
DROP COLUMN "count",
DROP COLUMN "hits",
ALTER COLUMN "symbol" DROP DEFAULT,
ALTER COLUMN "horizon_ms" SET NOT NULL,
ALTER COLUMN "sums" SET NOT NULL,
ADD CONSTRAINT "score_pkey" PRIMARY KEY ("model_name", "model_version", "symbol", "horizon_ms");

-- CreateIndex
CREATE INDEX "prediction_symbol_horizon_ms_id_idx" ON "prediction"("symbol", "horizon_ms", "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "prediction_symbol_horizon_ms_tick_key" ON "prediction"("symbol", "horizon_ms", "tick");

-- A forecast is what it was made as; what came of it is added once.
CREATE FUNCTION "prediction_stays"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  with_outcome "prediction" := OLD;
BEGIN
  with_outcome."return_bps" := NEW."return_bps";
  with_outcome."realised_volatility_bps" := NEW."realised_volatility_bps";
  IF OLD."return_bps" IS NOT NULL OR NEW."return_bps" IS NULL OR NEW IS DISTINCT FROM with_outcome THEN
    RAISE EXCEPTION 'forecasts are never rewritten' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "prediction_stays" BEFORE UPDATE ON "prediction"
  FOR EACH ROW EXECUTE FUNCTION "prediction_stays"();
