-- AlterTable
ALTER TABLE "model_version" ADD COLUMN     "pruned_at" TIMESTAMPTZ(3),
ALTER COLUMN "onnx" DROP NOT NULL;

-- AlterTable
ALTER TABLE "training_run" ADD COLUMN     "spent_ms" INTEGER NOT NULL DEFAULT 0;

-- A version is what it was registered as. The file of one that never served and has no name may be let go, and come back: its hash stays.
DROP TRIGGER "model_version_stays" ON "model_version";
DROP TRIGGER "model_transition_stays" ON "model_transition";

CREATE FUNCTION "model_version_guard"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_OP = 'UPDATE'
    AND (NEW."model_name", NEW."version", NEW."sha256", NEW."manifest", NEW."signature", NEW."registered_by", NEW."created_at")
      IS NOT DISTINCT FROM (OLD."model_name", OLD."version", OLD."sha256", OLD."manifest", OLD."signature", OLD."registered_by", OLD."created_at")
  THEN
    IF OLD."onnx" IS NOT NULL AND NEW."onnx" IS NULL AND NEW."evaluation" IS NULL AND NEW."pruned_at" IS NOT NULL
      AND NOT EXISTS (SELECT FROM "model_alias" WHERE "model_name" = OLD."model_name" AND "version" = OLD."version")
      AND NOT EXISTS (SELECT FROM "model_transition" WHERE "model_name" = OLD."model_name" AND "to_version" = OLD."version"
        AND "alias" = 'champion' AND "action" <> 'REFUSED')
    THEN
      RETURN NEW;
    END IF;
    IF OLD."onnx" IS NULL AND NEW."pruned_at" IS NULL AND encode(sha256(NEW."onnx"), 'hex') = OLD."sha256" THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'versions of models are never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER "model_version_stays" BEFORE UPDATE OR DELETE ON "model_version"
  FOR EACH ROW EXECUTE FUNCTION "model_version_guard"();
CREATE TRIGGER "model_version_is_never_emptied" BEFORE TRUNCATE ON "model_version"
  FOR EACH STATEMENT EXECUTE FUNCTION "registry_immutable"();

-- What served, and what was registered, stays; refusals and moves of other names are let go by their number.
CREATE FUNCTION "model_transition_guard"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND (OLD."action" = 'REFUSED' OR OLD."alias" <> 'champion') THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the history of models is never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER "model_transition_stays" BEFORE UPDATE OR DELETE ON "model_transition"
  FOR EACH ROW EXECUTE FUNCTION "model_transition_guard"();
CREATE TRIGGER "model_transition_is_never_emptied" BEFORE TRUNCATE ON "model_transition"
  FOR EACH STATEMENT EXECUTE FUNCTION "registry_immutable"();
