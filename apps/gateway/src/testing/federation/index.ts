import { abstractSuites } from './abstract.ts'
import { keySuites } from './keys.ts'
import { requiresSuites } from './requires.ts'
import { rootSuites } from './roots.ts'
import { sharingSuites } from './sharing.ts'

/** Everything that a gateway of Apollo Federation must be able to do with queries and mutations. */
export const federationSuites = [...keySuites, ...requiresSuites, ...abstractSuites, ...sharingSuites, ...rootSuites]
