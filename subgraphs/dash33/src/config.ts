import { type Environment, parseEnvironment, type ServiceConfig, serviceSchema } from '@opsource/subgraph/service'

const DEFAULT_PORT = 4101

/** Throws, naming the variable, where one cannot be read. */
export const readConfig = (environment: Environment = process.env): ServiceConfig =>
  parseEnvironment(serviceSchema(DEFAULT_PORT), environment)
