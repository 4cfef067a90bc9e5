import { type CloudEvent, newEvent } from '@opsource/bus'
import type { DetectedAnomaly } from './record.ts'

/** The event has the anomaly's own id: telling of it again is telling the same. */
export function anomalyDetected({ id, detectedAt, usualFrom, usualTo, ...anomaly }: DetectedAnomaly): CloudEvent {
  const data = { anomalyId: id, ...anomaly, usualFrom, usualTo, detectedAt: new Date(detectedAt).toISOString() }
  return newEvent('anomaly.detected', data, {
    source: 'anya',
    id,
    time: detectedAt,
    ...(anomaly.symbol === null ? {} : { subject: anomaly.symbol }),
  })
}
