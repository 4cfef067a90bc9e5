/** What is wrong with an argument, as data. @param field its path, such as `input.quantity` */
export const invalidInput = (field: string, message: string) => ({
  __typename: 'InvalidInput' as const,
  code: 'INVALID_INPUT',
  message,
  field,
})
