-- CreateIndex
CREATE INDEX "credit_account_no_engine_sequence_idx" ON "credit"("account_no", "engine_sequence");
