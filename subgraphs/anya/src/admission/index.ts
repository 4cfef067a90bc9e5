export { ModelAdmission } from './admission.ts'
export { FEATURE_SETS } from './feature-sets.ts'
export { admissionResolvers } from './resolvers.ts'
