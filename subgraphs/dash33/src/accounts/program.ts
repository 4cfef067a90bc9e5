/**
 * A query for the accounts (`no`) that belong to programs: users of kind SERVICE, and the venue itself. An account whose holder is
 * not known counts as a person's.
 */
export const PROGRAM_ACCOUNTS = `
  SELECT a.no FROM account a LEFT JOIN holder h ON h.user_id = a.user_id
  WHERE a.user_id IS NULL OR h.kind = 'SERVICE'`
