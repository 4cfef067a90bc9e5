import { z } from 'zod'

const REQUEST_LIMIT_MS = 10_000

const answerSchema = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
})

/** Asks the graph as any client does. Rejects where it answers with errors. */
export async function ask<T>(
  url: string,
  schema: z.ZodType<T>,
  request: { query: string; variables?: Readonly<Record<string, unknown>>; authorization?: string },
): Promise<T> {
  const { authorization, ...body } = request
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
  })
  const { data, errors } = answerSchema.parse(await response.json())
  if (errors?.length) throw new Error(errors.map(({ message }) => message).join('; '))
  return schema.parse(data)
}
