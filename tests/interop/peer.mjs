// A js-libp2p peer that the tests steer: a command is a line of JSON on standard input, its answer one on standard
// output. Run by hand: node peer.mjs [<port> [<32 bytes of hexadecimals, its key>]], then {"id":1,"do":"listen"}
Promise.withResolvers ??= function () { // Node 20 lacks it and libp2p needs it
  let resolve, reject
  const promise = new Promise((a, b) => { resolve = a; reject = b })
  return { promise, resolve, reject }
}
const { createHash } = await import('node:crypto')
const { createInterface } = await import('node:readline')
const { createLibp2p } = await import('libp2p')
const { tcp } = await import('@libp2p/tcp')
const { noise } = await import('@chainsafe/libp2p-noise')
const { yamux } = await import('@chainsafe/libp2p-yamux')
const { identify, identifyPush } = await import('@libp2p/identify')
const { ping } = await import('@libp2p/ping')
const { generateKeyPair, generateKeyPairFromSeed } = await import('@libp2p/crypto/keys')
const { multiaddr } = await import('@multiformats/multiaddr')
const { pEvent } = await import('p-event')

const [port = '0', key] = process.argv.slice(2)
const limits = { maxInboundStreams: 2000, maxOutboundStreams: 2000 }
const node = await createLibp2p({
  privateKey: key ? await generateKeyPairFromSeed('Ed25519', Buffer.from(key, 'hex')) : await generateKeyPair('Ed25519'),
  addresses: { listen: [`/ip4/127.0.0.1/tcp/${port}`] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux(limits)],
  services: { identify: identify(), push: identifyPush(), ping: ping() },
  connectionManager: { maxConnections: 5000, inboundConnectionThreshold: 5000, maxIncomingPendingConnections: 5000 }
})

const seen = [] // what became of the streams that others opened: { protocol, bytes, sha256, end }
let held = []   // streams that nobody reads yet

async function send (stream, bytes) {
  if (!stream.send(bytes)) await pEvent(stream, 'drain', { rejectionEvents: ['close'] })
}

async function drain (stream) {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of stream) {
    for (const part of chunk.subarray ? [chunk.subarray()] : chunk) { hash.update(part); bytes += part.length }
  }
  return { bytes, sha256: hash.digest('hex') }
}

// Byte i of test data is (i * 31 + (i >> 8)) & 255, on both sides.
function pattern (from, count) {
  const bytes = new Uint8Array(count)
  for (let i = 0; i < count; i++) bytes[i] = ((from + i) * 31 + ((from + i) >>> 8)) & 255
  return bytes
}

async function sendPattern (stream, count, piece) {
  for (let at = 0; at < count; at += piece) await send(stream, pattern(at, Math.min(piece, count - at)))
}

async function remember (protocol, work) {
  const entry = { protocol, end: 'open' }
  seen.push(entry)
  try {
    Object.assign(entry, await work())
    entry.end = 'closed'
  } catch (error) {
    entry.end = error.name
  }
}

const handlers = {
  // sends everything back
  '/test/echo/1': async stream => {
    for await (const chunk of stream) await send(stream, chunk)
    await stream.close()
  },
  // reads to the end
  '/test/sink/1': async stream => {
    const all = await drain(stream)
    await stream.close()
    return all
  },
  // finishes writing first and reads on
  '/test/first/1': async stream => {
    await send(stream, new TextEncoder().encode('bye'))
    await stream.close()
    return drain(stream)
  },
  // resets as soon as anything comes
  '/test/reset/1': async stream => {
    for await (const _ of stream) { stream.abort(new Error('as asked')); break }
  },
  // reads nothing until it is told to
  '/test/slow/1': async stream => {
    stream.pause()
    await new Promise(resolve => held.push(resolve))
    stream.resume()
    const all = await drain(stream)
    await stream.close()
    return all
  }
}
for (const [protocol, handler] of Object.entries(handlers)) {
  await node.handle(protocol, stream => remember(protocol, () => handler(stream)), limits)
}

async function open ({ address, protocol }) {
  return node.dialProtocol(multiaddr(address), protocol, { maxOutboundStreams: 2000 })
}

async function echo ({ address, bytes, piece }) {
  const stream = await open({ address, protocol: '/test/echo/1' })
  const reading = drain(stream)
  await sendPattern(stream, bytes, piece)
  await stream.close()
  return reading
}

const commands = {
  listen: async () => ({ peer: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }),
  dial: async ({ address }) => ({ peer: (await node.dial(multiaddr(address))).remotePeer.toString() }),
  hangUp: async ({ address }) => { await node.hangUp(multiaddr(address)) },
  connections: async () => ({ count: node.getConnections().length }),
  identified: async ({ peer }) => {
    const known = await node.peerStore.get((await import('@libp2p/peer-id')).peerIdFromString(peer))
    return { protocols: known.protocols, agent: new TextDecoder().decode(known.metadata.get('AgentVersion')) }
  },
  ping: async ({ address }) => ({ ms: await node.services.ping.ping(multiaddr(address)) }),
  echo,
  echoes: async ({ address, count, bytes, piece }) => {
    const all = await Promise.all(Array.from({ length: count }, () => echo({ address, bytes, piece })))
    return { same: all.every(a => a.bytes === bytes && a.sha256 === all[0].sha256), sha256: all[0].sha256 }
  },
  send: async ({ address, protocol, bytes, piece }) => {
    const stream = await open({ address, protocol })
    await sendPattern(stream, bytes, piece)
    await stream.close()
    return drain(stream)
  },
  // writes and then resets
  abort: async ({ address, protocol }) => {
    const stream = await open({ address, protocol })
    await send(stream, pattern(0, 100))
    stream.abort(new Error('as asked'))
  },
  // reports how a stream that the other side resets ends
  broken: async ({ address, protocol }) => {
    const stream = await open({ address, protocol })
    await send(stream, pattern(0, 100))
    try {
      await drain(stream)
      return { end: 'closed' }
    } catch (error) {
      return { end: error.name }
    }
  },
  // reads what the other side finished writing, and only then writes
  afterwards: async ({ address, protocol, bytes }) => {
    const stream = await open({ address, protocol })
    const reading = drain(stream)
    await send(stream, pattern(0, 1))
    const theirs = await reading
    await sendPattern(stream, bytes, 1000)
    await stream.close()
    return theirs
  },
  // gives mDNS a datagram: what it answers, or whom it finds
  mdns: async ({ datagram }) => {
    const [{ mdns }, { default: dns }] = await Promise.all([import('@libp2p/mdns'), import('dns-packet')])
    const service = mdns()(node.components)
    const result = {}
    const flags = dns.AUTHORITATIVE_ANSWER
    service.mdns = { // the socket's part
      respond: answers => { result.answer = dns.encode({ type: 'response', flags, answers }).toString('hex') }
    }
    service.addEventListener('peer', ({ detail: { id, multiaddrs } }) => {
      Object.assign(result, { peer: id.toString(), addresses: multiaddrs.map(String) })
    })
    const packet = dns.decode(Buffer.from(datagram, 'hex'))
    if (packet.type === 'query') service._onMdnsQuery(packet)
    else service._onMdnsResponse(packet)
    return result
  },
  handle: async ({ protocol }) => { await node.handle(protocol, async stream => stream.close()) },
  resume: async () => { for (const go of held) go(); held = [] },
  seen: async () => ({ seen })
}

createInterface({ input: process.stdin })
  .on('line', async line => {
    const command = JSON.parse(line)
    let answer
    try {
      answer = { ok: true, ...await commands[command.do](command) }
    } catch (error) {
      answer = { ok: false, error: `${error.name}: ${error.message}` }
    }
    process.stdout.write(JSON.stringify({ id: command.id, ...answer }) + '\n')
  })
  .on('close', () => process.exit(0)) // whoever started it is gone
process.stdout.write(JSON.stringify({ id: 0, ok: true }) + '\n')
