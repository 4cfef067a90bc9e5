-- CreateTable
CREATE TABLE "journal_batch" (
    "first_seq" BIGINT NOT NULL,
    "last_seq" BIGINT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "payload" BYTEA NOT NULL,
    "digest_before" CHAR(16) NOT NULL,
    "prev_hash" BYTEA NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "journal_batch_pkey" PRIMARY KEY ("first_seq")
);

-- CreateTable
CREATE TABLE "engine_snapshot" (
    "sequence" BIGINT NOT NULL,
    "state" BYTEA NOT NULL,
    "state_hash" CHAR(64) NOT NULL,
    "journal_hash" BYTEA NOT NULL,

    CONSTRAINT "engine_snapshot_pkey" PRIMARY KEY ("sequence")
);

-- CreateTable
CREATE TABLE "engine_epoch" (
    "id" INTEGER NOT NULL,
    "epoch" BIGINT NOT NULL,

    CONSTRAINT "engine_epoch_pkey" PRIMARY KEY ("id")
);

-- No engine has run yet.
INSERT INTO "engine_epoch" ("id", "epoch") VALUES (1, 0);
