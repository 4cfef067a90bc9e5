import { z } from 'zod'

/** CloudEvents 1.0 (https://github.com/cloudevents/spec), JSON format, with the attributes OPSource always sets. */
export const cloudEventSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(64),
  source: z.enum(['dash33', 'anya', 'enterprise', 'mobile']),
  type: z.string().min(1).max(64),
  subject: z.string().max(128).optional(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  data: z.unknown(),
})

export type CloudEvent = z.infer<typeof cloudEventSchema>
export type EventSource = CloudEvent['source']
