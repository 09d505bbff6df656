// Writes tests/PluginNode.Libp2p.Tests/vectors/noise-xx.json: a whole handshake with keys that are known, by the Noise
// implementation of js-libp2p. Run by hand: node noise-vector.mjs > ../PluginNode.Libp2p.Tests/vectors/noise-xx.json
Promise.withResolvers ??= () => { throw new Error('not needed here') }
const { createHash } = await import('node:crypto')
const { Uint8ArrayList } = await import('uint8arraylist')
const source = new URL('node_modules/@chainsafe/libp2p-noise/dist/src/', import.meta.url)
const { XXHandshakeState } = await import(new URL('protocol.js', source))
const { wrapCrypto } = await import(new URL('crypto.js', source))
const { pureJsCrypto } = await import(new URL('crypto/js.js', source))

const seed = name => createHash('sha256').update(name).digest()
const pair = name => pureJsCrypto.generateX25519KeyPairFromSeed(seed(name))
const hex = bytes => Buffer.from(bytes.subarray()).toString('hex')
const text = string => new TextEncoder().encode(string)

function state (initiator) {
  const name = initiator ? 'initiator' : 'responder'
  const crypto = { ...wrapCrypto(pureJsCrypto), generateKeypair: () => pair(`${name} ephemeral`) }
  return new XXHandshakeState({
    crypto, initiator, protocolName: text('Noise_XX_25519_ChaChaPoly_SHA256'), prologue: text('prologue'),
    s: pair(`${name} static`)
  })
}
const [a, b] = [state(true), state(false)]
const messages = []
function over (write, read, payload) {
  const message = new Uint8ArrayList(write(text(payload)).subarray())
  messages.push({ payload: hex(text(payload)), message: hex(message) })
  read(message)
}
over(p => a.writeMessageA(p), m => b.readMessageA(m), '')
over(p => b.writeMessageB(p), m => a.readMessageB(m), 'from the responder')
over(p => a.writeMessageC(p), m => b.readMessageC(m), 'from the initiator')
const [toResponder, toInitiator] = a.ss.split()
const sealed = ['one', '', 'three'].map(t => ({
  text: hex(text(t)), toResponder: hex(toResponder.encryptWithAd(new Uint8Array(0), text(t))),
  toInitiator: hex(toInitiator.encryptWithAd(new Uint8Array(0), text(t)))
}))
const keys = Object.fromEntries(['initiator static', 'initiator ephemeral', 'responder static', 'responder ephemeral']
  .map(name => [name, hex(seed(name))]))
console.log(JSON.stringify({ prologue: hex(text('prologue')), keys, messages, sealed }, null, 2))
