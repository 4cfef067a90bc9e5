export { type Environment, parseEnvironment, type ServiceConfig, serviceSchema } from './environment.ts'
export { runService, type ServiceDefinition } from './run.ts'
export { stopOnSignal } from './stop.ts'
