/** Something that the reader of one line can put right: it is printed without a stack. */
export class Refusal extends Error {}
