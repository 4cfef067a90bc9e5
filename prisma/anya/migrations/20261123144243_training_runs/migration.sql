-- CreateEnum
CREATE TYPE "training_status" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "training_stage" AS ENUM ('DATASET', 'FOLDS', 'FIT', 'VERIFY', 'REGISTER');

-- CreateTable
CREATE TABLE "training_run" (
    "id" TEXT NOT NULL,
    "recipe" TEXT NOT NULL,
    "parameters" JSONB NOT NULL,
    "seed" INTEGER NOT NULL,
    "status" "training_status" NOT NULL,
    "stage" "training_stage",
    "fold" INTEGER,
    "folds" INTEGER NOT NULL DEFAULT 0,
    "percent" INTEGER NOT NULL DEFAULT 0,
    "metrics" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "failure_code" TEXT,
    "failure_message" TEXT,
    "model_version" INTEGER,
    "requested_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "training_run_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "training_run_status_id_idx" ON "training_run"("status", "id");
