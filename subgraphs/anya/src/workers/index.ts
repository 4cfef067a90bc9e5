export { type Answering, answerRequests } from './answering.ts'
export { RestartedWorker, type RestartedWorkerOptions, type WorkerRefusal } from './restarted-worker.ts'
