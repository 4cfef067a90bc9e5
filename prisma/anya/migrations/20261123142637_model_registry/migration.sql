-- CreateEnum
CREATE TYPE "model_action" AS ENUM ('REGISTERED', 'PROMOTED', 'REFUSED', 'ROLLED_BACK', 'ALIAS_SET', 'ALIAS_DELETED');

-- DropIndex
DROP INDEX "model_version_sha256_key";

-- AlterTable
ALTER TABLE "model_version" ADD COLUMN     "evaluation" JSONB,
ADD COLUMN     "registered_by" TEXT,
ADD COLUMN     "signature" JSONB;

-- CreateTable
CREATE TABLE "model_alias" (
    "model_name" TEXT NOT NULL,
    "alias" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "set_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "model_alias_pkey" PRIMARY KEY ("model_name","alias")
);

-- CreateTable
CREATE TABLE "model_version_tag" (
    "model_name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "model_version_tag_pkey" PRIMARY KEY ("model_name","version","key")
);

-- CreateTable
CREATE TABLE "model_transition" (
    "position" BIGSERIAL NOT NULL,
    "model_name" TEXT NOT NULL,
    "action" "model_action" NOT NULL,
    "alias" TEXT,
    "from_version" INTEGER,
    "to_version" INTEGER,
    "by" TEXT,
    "reason" TEXT NOT NULL,
    "checks" JSONB,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "model_transition_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "shadow_forecast" (
    "prediction_id" TEXT NOT NULL,
    "model_name" TEXT NOT NULL,
    "model_version" INTEGER NOT NULL,
    "up" DOUBLE PRECISION NOT NULL,
    "in_sample" BOOLEAN NOT NULL,
    "made_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "shadow_forecast_pkey" PRIMARY KEY ("prediction_id","model_name","model_version")
);

-- CreateIndex
CREATE INDEX "model_transition_model_name_position_idx" ON "model_transition"("model_name", "position" DESC);

-- CreateIndex
CREATE INDEX "shadow_forecast_model_name_model_version_made_at_idx" ON "shadow_forecast"("model_name", "model_version", "made_at");

-- CreateIndex
CREATE UNIQUE INDEX "model_version_model_name_sha256_key" ON "model_version"("model_name", "sha256");

-- AddForeignKey
ALTER TABLE "model_alias" ADD CONSTRAINT "model_alias_model_name_fkey" FOREIGN KEY ("model_name") REFERENCES "model"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_alias" ADD CONSTRAINT "model_alias_model_name_version_fkey" FOREIGN KEY ("model_name", "version") REFERENCES "model_version"("model_name", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_version_tag" ADD CONSTRAINT "model_version_tag_model_name_version_fkey" FOREIGN KEY ("model_name", "version") REFERENCES "model_version"("model_name", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_transition" ADD CONSTRAINT "model_transition_model_name_fkey" FOREIGN KEY ("model_name") REFERENCES "model"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shadow_forecast" ADD CONSTRAINT "shadow_forecast_prediction_id_fkey" FOREIGN KEY ("prediction_id") REFERENCES "prediction"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What serves becomes an alias; that it was never judged stands in its history.
INSERT INTO "model_alias" ("model_name", "alias", "version", "set_at")
SELECT "name", 'champion', "champion_version", CURRENT_TIMESTAMP FROM "model" WHERE "champion_version" IS NOT NULL;
INSERT INTO "model_transition" ("model_name", "action", "to_version", "reason", "at")
SELECT "model_name", 'REGISTERED', "version", 'registered before there was a history', "created_at" FROM "model_version" ORDER BY "created_at";
INSERT INTO "model_transition" ("model_name", "action", "alias", "to_version", "reason", "at")
SELECT "model_name", 'ALIAS_SET', "alias", "version", 'served before there was a gate', "set_at" FROM "model_alias";

-- AlterTable
ALTER TABLE "model" DROP COLUMN "champion_version";

-- A version is what it was registered as, and history is only added to.
CREATE FUNCTION "registry_immutable"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'versions of models and their history are never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER "model_version_stays" BEFORE UPDATE OR DELETE OR TRUNCATE ON "model_version"
  FOR EACH STATEMENT EXECUTE FUNCTION "registry_immutable"();
CREATE TRIGGER "model_transition_stays" BEFORE UPDATE OR DELETE OR TRUNCATE ON "model_transition"
  FOR EACH STATEMENT EXECUTE FUNCTION "registry_immutable"();
