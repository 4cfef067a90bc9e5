/** For tools that expand `${env.NAME}` themselves. */
export const environment: Readonly<Record<string, string | undefined>> = process.env
