-- AlterEnum
ALTER TYPE "strategy_stop" ADD VALUE 'ACCESS_WITHDRAWN';
