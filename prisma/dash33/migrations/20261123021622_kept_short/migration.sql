-- CreateIndex
CREATE INDEX "ledger_entry_brought_forward" ON "ledger_entry"("engine_sequence") WHERE (posting < 0);

-- CreateIndex
CREATE INDEX "trade_executed_at_idx" ON "trade"("executed_at");

-- What is brought forward may be nothing: the account has had the asset all the same.
ALTER TABLE "ledger_entry" DROP CONSTRAINT "ledger_entry_moves_something";
ALTER TABLE "ledger_entry" ADD CONSTRAINT "ledger_entry_moves_something" CHECK ("amount" <> 0 OR "posting" < 0);

-- Entries may leave the ledger in one way only: whole postings among programs, with the posting brought forward before, in the
-- statement that writes their sums as the new posting brought forward. No total of an account can change by it.
CREATE FUNCTION "ledger_entry_brought_forward_check"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM removed) THEN
    RETURN NULL;
  END IF;
  IF EXISTS (
    SELECT FROM (SELECT account_no, asset, sum(amount) AS amount FROM removed GROUP BY account_no, asset) r
    FULL JOIN (SELECT account_no, asset, amount FROM ledger_entry WHERE posting < 0) f USING (account_no, asset)
    WHERE r.amount IS DISTINCT FROM f.amount
  ) OR EXISTS (
    SELECT FROM (SELECT DISTINCT account_no FROM removed WHERE posting >= 0) r
    JOIN account a ON a.no = r.account_no
    LEFT JOIN holder h ON h.user_id = a.user_id
    WHERE a.user_id IS NOT NULL AND h.kind IS DISTINCT FROM 'SERVICE'
  ) OR EXISTS (
    SELECT FROM ledger_entry e
    WHERE e.engine_sequence >= (SELECT min(engine_sequence) FROM removed WHERE posting >= 0)
      AND e.engine_sequence <= (SELECT max(engine_sequence) FROM removed WHERE posting >= 0)
      AND e.posting >= 0 AND (e.engine_sequence, e.posting) IN (SELECT engine_sequence, posting FROM removed)
  ) THEN
    RAISE EXCEPTION 'ledger entries are never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;

DROP TRIGGER "ledger_entry_stays" ON "ledger_entry";
CREATE TRIGGER "ledger_entry_stays" BEFORE UPDATE OR TRUNCATE ON "ledger_entry"
  FOR EACH STATEMENT EXECUTE FUNCTION "ledger_entry_immutable"();
CREATE TRIGGER "ledger_entry_leaves_its_sum" AFTER DELETE ON "ledger_entry"
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION "ledger_entry_brought_forward_check"();

-- At 50 trades a second, 18,000 entries and 3,000 trades come and as many go each minute: swept every few minutes, whatever the size.
ALTER TABLE "ledger_entry" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000, autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
ALTER TABLE "trade" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000, autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000);
