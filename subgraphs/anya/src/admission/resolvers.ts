import { callerOf } from '../caller.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { ModelAdmission, PartRefusal, UploadRefusal } from './admission.ts'
import type { UnreadableField } from './upload-input.ts'

export function admissionResolvers(admission: ModelAdmission): Resolvers {
  return {
    Mutation: {
      uploadModel: async (_parent, { input }, context) => {
        const admitted = await admission.upload(callerOf(context), input)
        if (!admitted.ok) return uploadRefused(admitted.error)
        const { version, isNew, figures } = admitted.value
        return { __typename: 'ModelUploaded', version, isNew, ...figures }
      },
      addModelFilePart: async (_parent, { input }, context) => {
        const added = await admission.addPart(callerOf(context), input)
        return added.ok ? { __typename: 'ModelFilePartAdded', ...added.value } : partRefused(added.error)
      },
    },
  }
}

function uploadRefused(refusal: UploadRefusal) {
  switch (refusal.kind) {
    case 'UNREADABLE':
      return unreadable(refusal.fault)
    case 'REJECTED':
      return { __typename: 'ModelRejected', code: 'MODEL_REJECTED', ...refusal.rejection } as const
    case 'INCOMPLETE': {
      const message = `${refusal.missing.length} parts are missing.`
      const missing = [...refusal.missing]
      return { __typename: 'ModelFileIncomplete', code: 'MODEL_FILE_INCOMPLETE', message, missing } as const
    }
    case 'TOO_MANY_UPLOADS': {
      const { limit } = refusal
      const message = `At most ${limit} models of yours are taken within a day.`
      return { __typename: 'ModelUploadLimit', code: 'MODEL_UPLOAD_LIMIT', message, limit } as const
    }
    case 'TOO_MANY_LINES': {
      const { limit } = refusal
      const message = `There are ${limit} lines of models already: upload it as a version of one of them.`
      return { __typename: 'ModelUploadLimit', code: 'MODEL_UPLOAD_LIMIT', message, limit } as const
    }
    case 'BUSY':
      return busy('Others are being tried: try again in a few seconds.')
    case 'AWAY':
      return away()
  }
}

function partRefused(refusal: PartRefusal) {
  if (refusal.kind === 'UNREADABLE') return unreadable(refusal.fault)
  if (refusal.kind === 'AWAY') return away()
  const { limitBytes } = refusal
  const message = `At most ${limitBytes} bytes may be handed in within 15 minutes.`
  return { __typename: 'ModelUploadTooLarge', code: 'MODEL_UPLOAD_TOO_LARGE', message, limitBytes } as const
}

const busy = (message: string) => ({ __typename: 'ModelUploadBusy', code: 'MODEL_UPLOAD_BUSY', message }) as const

const away = () => busy('What was uploaded cannot be looked up now: try again in a few seconds.')

function unreadable({ field, message }: UnreadableField) {
  const sentence = `${field || 'The input'}: ${message}.`
  return { __typename: 'ModelUploadUnreadable', code: 'MODEL_UPLOAD_UNREADABLE', message: sentence, field } as const
}
