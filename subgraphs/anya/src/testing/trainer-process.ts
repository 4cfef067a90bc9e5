import { MemoryCache } from '@opsource/cache'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { openDatabase } from '../database.ts'
import { RegistryStore } from '../registry/index.ts'
import { RunNews } from '../training/runs/news.ts'
import { TrainingObserver } from '../training/runs/observe.ts'
import { TrainingRunStore } from '../training/runs/store.ts'
import { Trainer } from '../training/runs/trainer.ts'

// A trainer in a process that a test can kill, as a platform dies: database, runs' folder and data sets are its arguments.
const [databaseUrl = '', runsDirectory = '', dataDirectory = ''] = process.argv.slice(2)
const log = pino({ base: null })
const database = openDatabase(databaseUrl)
const registry = new RegistryStore(database, systemClock)
new Trainer({
  ports: { databaseUrl, clock: systemClock },
  store: new TrainingRunStore(database),
  news: new RunNews(new MemoryCache({ clock: systemClock, log })),
  observer: new TrainingObserver({ metrics: new Registry(), log }),
  dataDirectory,
  runsDirectory,
  register: async ({ onnx, manifest, registration }) => (await registry.register(onnx, manifest, registration)).version,
}).start()
