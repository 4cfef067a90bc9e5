import type { Issuer } from '../issuer.ts'
import { picksOf } from '../random-operation.ts'
import type { Attack } from './attack.ts'
import { connectionAttacks } from './connections.ts'
import { documentAttacks } from './documents.ts'
import { requestAttacks } from './requests.ts'
import { socketAttacks } from './sockets.ts'
import { tokenAttacks } from './tokens.ts'

export type { Attack } from './attack.ts'
export { type Outcome, strike } from './strike.ts'

/** The corpus: the same attacks every time, but for what the issuer signs. */
export function corpus(issuer: Issuer): Attack[] {
  return [
    ...documentAttacks(picksOf(1)),
    ...requestAttacks(picksOf(2)),
    ...tokenAttacks(issuer, picksOf(3)),
    ...socketAttacks(picksOf(4)),
    ...connectionAttacks(picksOf(5)),
  ]
}
