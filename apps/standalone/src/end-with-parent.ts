// Preloaded into a child process: one whose parent was killed would go on alone, beside the next start's.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
