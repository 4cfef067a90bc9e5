/** The file computes something that no exact explanation is known of here: what, in a few words. */
export class UnknownForm extends Error {}
