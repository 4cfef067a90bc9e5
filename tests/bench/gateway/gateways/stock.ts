import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { routedSupergraph } from './routed-supergraph.ts'

/** Apollo Server and its gateway as their documentation starts them. */
const [port, firstPort] = process.argv.slice(2).map(Number)
const gateway = new ApolloGateway({ supergraphSdl: routedSupergraph(firstPort ?? 0) })
const server = new ApolloServer({ gateway })
await startStandaloneServer(server, { listen: { port: port ?? 0, host: '127.0.0.1' } })
