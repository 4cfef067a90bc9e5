export const unknownVersion = {
  __typename: 'UnknownModelVersion' as const,
  code: 'UNKNOWN_MODEL_VERSION',
  message: 'There is no such model, version or alias.',
}

export const versionPruned = {
  __typename: 'ModelVersionPruned' as const,
  code: 'MODEL_VERSION_PRUNED',
  message: 'The file of that version was let go: register or upload it again.',
}

export const servesAlready = {
  __typename: 'ModelServesAlready' as const,
  code: 'MODEL_SERVES_ALREADY',
  message: 'The version serves already.',
}

export const nothingToRollBackTo = {
  __typename: 'NothingToRollBackTo' as const,
  code: 'NOTHING_TO_ROLL_BACK_TO',
  message: 'No version served before, or the one that was asked for never did.',
}

export const aliasIsGated = {
  __typename: 'AliasIsGated' as const,
  code: 'ALIAS_IS_GATED',
  message: '`champion` is moved by `promoteModel` and `rollBackModel` only.',
}

export const registryBusy = {
  __typename: 'RegistryBusy' as const,
  code: 'REGISTRY_BUSY',
  message: 'Someone else moved the alias at the same moment: look at what serves, and ask again.',
}

export const tooManyTags = {
  __typename: 'TooManyTags' as const,
  code: 'TOO_MANY_TAGS',
  message: 'The version has 100 tags already.',
}
