-- The engine changed with this migration: it reads the snapshot of the one before, and does not replay its commands. Whoever stops cleanly
-- leaves a snapshot that holds them all, and projections that have come as far.
DO $$
BEGIN
  IF to_regclass('journal_batch') IS NULL THEN
    RETURN;
  END IF;
  IF (SELECT coalesce(max("last_seq"), 0) FROM "journal_batch") > least(
    (SELECT coalesce(max("sequence"), 0) FROM "engine_snapshot"), (SELECT coalesce(min("engine_sequence"), 0) FROM "watermark"))
  THEN
    RAISE EXCEPTION 'The exchange was not stopped cleanly, and this version cannot replay what it did last. Nothing was changed: start the version that you had once more, stop it with Ctrl-C, then start this one.';
  END IF;
END $$;
