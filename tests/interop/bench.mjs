// js-libp2p as one end of build/bench libp2p: a command is a line of JSON on standard input, its answer one on standard
// output. The protocols are those of tests/PluginNode.Benchmarks/Libp2p/EndServer.cs, with the same sizes.
// Run by hand: node bench.mjs, then {"do":"listen"}
Promise.withResolvers ??= function () { // Node 20 lacks it and libp2p needs it
  let resolve, reject
  const promise = new Promise((a, b) => { resolve = a; reject = b })
  return { promise, resolve, reject }
}
const { randomBytes } = await import('node:crypto')
const { createInterface } = await import('node:readline')
const { createLibp2p } = await import('libp2p')
const { tcp } = await import('@libp2p/tcp')
const { noise } = await import('@chainsafe/libp2p-noise')
const { yamux } = await import('@chainsafe/libp2p-yamux')
const { identify } = await import('@libp2p/identify')
const { multiaddr } = await import('@multiformats/multiaddr')
const { pEvent } = await import('p-event')

const chunkBytes = 64 * 1024
const messageBytes = 1024
const limits = { maxInboundStreams: 4096, maxOutboundStreams: 4096 }
const acknowledgements = new Uint8Array(4096)

const make = listen => createLibp2p({
  addresses: { listen },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux(limits)],
  services: { identify: identify() },
  connectionManager: { maxConnections: 5000, inboundConnectionThreshold: 1e9, maxIncomingPendingConnections: 5000 }
})

async function send (stream, bytes) {
  if (!stream.send(bytes)) await pEvent(stream, 'drain', { rejectionEvents: ['close'] })
}

const handlers = {
  '/bench/bulk/1': async stream => {
    let all = 0
    for await (const chunk of stream) all += chunk.byteLength
    const answer = Buffer.alloc(8)
    answer.writeBigInt64BE(BigInt(all))
    await send(stream, answer)
    await stream.close()
  },
  '/bench/messages/1': async stream => {
    let held = 0
    for await (const chunk of stream) {
      held += chunk.byteLength
      const whole = Math.floor(held / messageBytes)
      held %= messageBytes
      if (whole > 0) await send(stream, acknowledgements.subarray(0, whole))
    }
    await stream.close()
  }
}

const node = await make(['/ip4/127.0.0.1/tcp/0'])
for (const [protocol, handler] of Object.entries(handlers)) await node.handle(protocol, handler, limits)

const open = (address, protocol) => node.dialProtocol(multiaddr(address), protocol, limits)
const seconds = () => performance.now() / 1000
const times = (count, work) => Promise.all(Array.from({ length: count }, work))
const sum = counts => counts.reduce((a, b) => a + b, 0)

async function lane (stream, window, end) {
  const message = randomBytes(messageBytes)
  let sent = 0
  let acknowledged = 0
  const fill = async () => {
    for (; sent - acknowledged < window && seconds() < end; sent++) await send(stream, message)
  }
  await fill()
  for await (const chunk of stream) {
    acknowledged += chunk.byteLength
    await fill()
    if (acknowledged === sent) break
  }
  if (acknowledged !== sent) throw new Error('the other end has finished')
  return sent
}

// One message after the other on a stream; told of each how many seconds it took.
async function trips (stream, goOn, took) {
  const message = randomBytes(messageBytes)
  let begun = seconds()
  await send(stream, message)
  for await (const _ of stream) {
    const now = seconds()
    took(now - begun)
    if (!goOn()) break
    begun = now
    await send(stream, message)
  }
}

const commands = {
  listen: async () => ({ libp2p: node.getMultiaddrs()[0].toString() }),
  usage: async () => {
    const { user, system } = process.cpuUsage()
    return { cpu: user + system }
  },
  bulk: async ({ address, seconds: time }) => {
    const chunk = randomBytes(chunkBytes)
    const stream = await open(address, '/bench/bulk/1')
    const start = seconds()
    let sent = 0
    for (; seconds() - start < time; sent += chunk.length) await send(stream, chunk)
    await stream.close()
    const parts = []
    for await (const part of stream) parts.push(Buffer.from(part.subarray()))
    const took = seconds() - start
    const arrived = Buffer.concat(parts).readBigInt64BE()
    if (arrived !== BigInt(sent)) throw new Error(`${sent} bytes were sent and ${arrived} arrived`)
    return { count: sent, seconds: took }
  },
  messages: async ({ address, seconds: time, streams, window }) => {
    const all = []
    for (let i = 0; i < streams; i++) all.push(await open(address, '/bench/messages/1'))
    const start = seconds()
    const counts = await Promise.all(all.map(stream => lane(stream, window, start + time)))
    const took = seconds() - start
    for (const stream of all) await stream.close()
    return { count: sum(counts), seconds: took }
  },
  streams: async ({ address, seconds: time, streams }) => {
    const start = seconds()
    const counts = await times(streams, async () => {
      let count = 0
      for (; seconds() - start < time; count++) {
        const stream = await open(address, '/bench/messages/1')
        await trips(stream, () => false, () => {})
        await stream.close()
      }
      return count
    })
    return { count: sum(counts), seconds: seconds() - start }
  },
  handshakes: async ({ address, seconds: time, streams }) => {
    const nodes = await times(streams, () => make([]))
    const start = seconds()
    const counts = await Promise.all(nodes.map(async client => {
      let count = 0
      for (; seconds() - start < time; count++) {
        const connection = await client.dial(multiaddr(address))
        await connection.close()
      }
      return count
    }))
    const took = seconds() - start
    for (const client of nodes) await client.stop()
    return { count: sum(counts), seconds: took }
  },
  trips: async ({ address, seconds: time }) => {
    const stream = await open(address, '/bench/messages/1')
    const took = []
    const start = seconds()
    await trips(stream, () => seconds() - start < time, one => took.push(one))
    const all = seconds() - start
    await stream.close()
    took.sort((a, b) => a - b)
    const at = share => took[Math.floor(share * took.length)] * 1e6
    return { count: took.length, seconds: all, p50: at(0.5), p99: at(0.99) }
  }
}

createInterface({ input: process.stdin })
  .on('line', async line => {
    const command = JSON.parse(line)
    let answer
    try {
      answer = await commands[command.do](command)
    } catch (error) {
      answer = { error: `${error.stack}` }
    }
    process.stdout.write(JSON.stringify(answer) + '\n')
  })
  .on('close', () => process.exit(0)) // whoever started it is gone
