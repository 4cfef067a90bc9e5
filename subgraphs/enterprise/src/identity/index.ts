export type { ApiKeyRecord } from './api-key-store.ts'
export { ApiKeys } from './api-keys.ts'
export {
  type DemoService,
  type DemoUser,
  demoApiKeys,
  demoServices,
  demoUsers,
  requireLoopback,
  seedDemo,
} from './demo.ts'
export { IdentityObserver } from './observe.ts'
export { parseRegistration } from './password.ts'
export { PasswordQueue } from './password-queue.ts'
export { identityResolvers } from './resolvers.ts'
export { pruneIdentity } from './retention.ts'
export { Sessions } from './sessions.ts'
export { SigningKeys } from './signing-keys.ts'
export { wellKnownRoutes } from './well-known.ts'
