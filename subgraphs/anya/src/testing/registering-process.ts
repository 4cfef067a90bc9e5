import { once } from 'node:events'
import { systemClock } from '@opsource/kernel'
import { openDatabase } from '../database.ts'
import { RegistryStore } from '../registry/index.ts'
import { rivalModel } from './rival-model.ts'

// A trainer that has a model ready and registers it once its input is closed: database and the model's weight are its arguments.
const [databaseUrl = '', weight = '1'] = process.argv.slice(2)
const { onnx, manifest, evaluation } = await rivalModel({ weight: Number(weight) })
const database = openDatabase(databaseUrl)
await database.$connect()
process.stdout.write('ready\n')
await once(process.stdin.resume(), 'end')
process.stdout.write(
  JSON.stringify(await new RegistryStore(database, systemClock).register(onnx, manifest, { evaluation })),
)
await database.$disconnect()
