export { type EnterpriseOptions, startEnterprise } from './features.ts'
export { demoApiKeys, demoServices, demoUsers } from './identity/index.ts'
