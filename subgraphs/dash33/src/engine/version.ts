/**
 * Rises with every change of what the same commands lead to, and then only together with new golden journals (`tests/replay`).
 * Each journaled batch names it: an engine replays no batch of another one.
 */
export const ENGINE_VERSION = 2
