-- Written by the thousand and read once, whole: what makes JSONB quick to look into would be made, and made text of again, for nothing.
ALTER TABLE "outbox_event" ALTER COLUMN "event" SET DATA TYPE JSON;
