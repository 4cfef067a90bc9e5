-- A version is named by its content: whoever registers cannot say another hash.
CREATE FUNCTION "model_version_content"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF NEW."onnx" IS NULL OR encode(sha256(NEW."onnx"), 'hex') <> NEW."sha256" THEN
    RAISE EXCEPTION 'the file of a version is not the one that its hash names' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "model_version_is_its_content" BEFORE INSERT ON "model_version"
  FOR EACH ROW EXECUTE FUNCTION "model_version_content"();
