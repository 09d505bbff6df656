// Talks with a node: node message.mjs <the node's libp2p address with /p2p/ and its id>
// Sends each line of standard input as a message, and prints each message that the node sends.
Promise.withResolvers ??= function () { // Node 20 lacks it and libp2p needs it
  let resolve, reject
  const promise = new Promise((a, b) => { resolve = a; reject = b })
  return { promise, resolve, reject }
}
const [{ createLibp2p }, { tcp }, { noise }, { yamux }, { multiaddr }, { createInterface }] = await Promise.all([
  'libp2p', '@libp2p/tcp', '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux', '@multiformats/multiaddr',
  'node:readline'].map(name => import(name)))

const protocol = '/hello/1.0'
const me = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()]
})
const read = async stream => {
  let text = ''
  for await (const bytes of stream) text += Buffer.from(bytes.subarray()).toString()
  return text // the node has finished; a stream that it resets throws
}
await me.handle(protocol, async stream => {
  console.log(`received: ${await read(stream)}`)
  await stream.close() // this is what the node waits for
})
console.log(`publicKey: ${Buffer.from(me.peerId.publicKey.raw).toString('base64')}`)
console.log(`address: ${me.getMultiaddrs()[0]}`)
for await (const line of createInterface({ input: process.stdin })) {
  const stream = await me.dialProtocol(multiaddr(process.argv[2]), protocol)
  stream.send(Buffer.from(line))
  await stream.close()
  await read(stream).then(() => console.log(`taken: ${line}`), error => console.log(`not taken: ${error.message}`))
}
await me.stop()
