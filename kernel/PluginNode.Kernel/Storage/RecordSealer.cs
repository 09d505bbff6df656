using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using PluginNode.Identity;
using PluginNode.Plugins;

namespace PluginNode.Storage;

/// <summary>The store was sealed with another identity. Nothing of it was touched.</summary>
public sealed class WrongKeyException(string message) : StoreException(message);

/// <summary>The parts of a record that are sealed each for itself.</summary>
public enum RecordPart : byte
{
    /// <summary>What opening a store reads.</summary>
    Header = 0,

    /// <summary>What is read when it is needed.</summary>
    Body = 1,
}

/// <summary>
/// Seals records with AES-256-GCM before a store sees them. Thread-safe.
/// <code>
/// sealed part = version (1) ‖ key id (8) ‖ salt (16) ‖ counter (8) ‖ ciphertext ‖ tag (16)
/// key         = HKDF-SHA256(seed ‖ public key, salt, "pluginnode/record/1")
/// nonce       = 0 (4) ‖ counter (8)
/// associated  = version ‖ key id ‖ salt ‖ counter ‖ collection (1) ‖ record id (16) ‖ sequence (8) ‖ part (1)
/// </code>
/// The salt is drawn whenever a store is opened and the counter only grows, so that no nonce is used twice under a key;
/// the associated data keeps a part from being moved to another record or place.
/// </summary>
public sealed class RecordSealer : IDisposable
{
    /// <summary>What sealing adds to a part.</summary>
    public const int Overhead = HeadBytes + TagBytes;

    private const byte Version = 1;
    private const int SaltBytes = 16;
    private const int CounterAt = 1 + 8 + SaltBytes;
    private const int HeadBytes = CounterAt + 8;
    private const int TagBytes = 16;
    private const int AssociatedBytes = HeadBytes + 1 + 16 + 8 + 1;
    private const int CachedSalts = 256;
    private const string Info = "pluginnode/record/1";

    private readonly Dictionary<KeyId, NodeIdentity> _identities = [];
    private readonly byte[] _salt = new byte[SaltBytes];
    private readonly ConcurrentDictionary<(KeyId, UInt128 Salt), CipherPool> _opening = new();
    private readonly CipherPool _sealing;
    private long _counter;

    /// <param name="current">Seals, and opens.</param>
    /// <param name="former">Open only.</param>
    /// <param name="chance">Where the salt comes from.</param>
    public RecordSealer(NodeIdentity current, IReadOnlyList<NodeIdentity> former, IChance chance)
    {
        ArgumentNullException.ThrowIfNull(current);
        foreach (var identity in former.Prepend(current)) _identities.TryAdd(IdOf(identity), identity);
        KeyId = IdOf(current);
        chance.Fill(_salt);
        _sealing = new CipherPool(current.DeriveKey(_salt, Info, 32));
    }

    /// <summary>Names the key that this sealer seals with.</summary>
    public KeyId KeyId { get; }

    /// <summary>The name of an identity's keys; reveals nothing about them.</summary>
    public static KeyId IdOf(NodeIdentity identity) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(identity.DeriveKey([], "pluginnode/key-id/1", 8)));

    /// <summary>Whether every record of a store can be opened.</summary>
    /// <exception cref="WrongKeyException">One cannot; names the key ids.</exception>
    public void MatchKeys(IReadOnlyCollection<KeyId> found)
    {
        var missing = found.Where(id => !_identities.ContainsKey(id)).Order(Comparer<KeyId>.Create(
            (a, b) => a.Value.CompareTo(b.Value))).ToList();
        if (missing.Count == 0) return;
        throw new WrongKeyException(
            $"The store was sealed with the key {string.Join(", ", missing)}, and this node's identity is {KeyId}. "
            + "Nothing was touched. Put the right identity file in place, or list it in node.formerIdentities.");
    }

    /// <summary>How long a sealed body is: an empty one is sealed as nothing.</summary>
    public static int SealedBytes(int body) => body == 0 ? 0 : Overhead + body;

    /// <summary>Where the plain bytes may be put, to be sealed in place.</summary>
    public static Span<byte> PlaceIn(Span<byte> output) => output[HeadBytes..^TagBytes];

    /// <summary>Seals one part of a record.</summary>
    /// <param name="key">What the record is named by.</param>
    /// <param name="part">Which part.</param>
    /// <param name="plain">The plain bytes: not kept, and perhaps the very <see cref="PlaceIn"/> of the output.</param>
    /// <param name="output">Longer than the plain bytes by <see cref="Overhead"/>.</param>
    public void Seal(RecordKey key, RecordPart part, ReadOnlySpan<byte> plain, Span<byte> output)
    {
        output[0] = Version;
        BinaryPrimitives.WriteUInt64BigEndian(output[1..], KeyId.Value);
        _salt.CopyTo(output[9..]);
        BinaryPrimitives.WriteInt64BigEndian(output[CounterAt..], Interlocked.Increment(ref _counter));

        Span<byte> associated = stackalloc byte[AssociatedBytes];
        Associate(output, key, part, associated);
        Span<byte> nonce = stackalloc byte[12];
        output.Slice(CounterAt, 8).CopyTo(nonce[4..]);
        nonce[..4].Clear();
        _sealing.Encrypt(nonce, plain, PlaceIn(output), output[^TagBytes..], associated);
    }

    /// <summary>Opens a header; false where it is damaged.</summary>
    public bool TryOpenHeader(in RecordHeader header, out byte[] plain) =>
        TryOpen(header.Key, header.Sealed.Span, RecordPart.Header, out plain);

    /// <summary>Opens a body; false where it is damaged. An empty body is sealed as nothing.</summary>
    public bool TryOpenBody(RecordKey key, ReadOnlyMemory<byte> sealedBody, out byte[] plain)
    {
        plain = [];
        return sealedBody.IsEmpty || TryOpen(key, sealedBody.Span, RecordPart.Body, out plain);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sealing.Dispose();
        foreach (var pool in _opening.Values) pool.Dispose();
    }

    private bool TryOpen(RecordKey key, ReadOnlySpan<byte> input, RecordPart part, out byte[] plain)
    {
        plain = [];
        if (input.Length < Overhead || input[0] != Version) return false;
        var id = new KeyId(BinaryPrimitives.ReadUInt64BigEndian(input[1..]));
        if (!_identities.TryGetValue(id, out var identity)) return false;

        Span<byte> associated = stackalloc byte[AssociatedBytes];
        Associate(input, key, part, associated);
        Span<byte> nonce = stackalloc byte[12];
        input.Slice(CounterAt, 8).CopyTo(nonce[4..]);
        var result = new byte[input.Length - Overhead];
        if (!CiphersOf(id, identity, input.Slice(9, SaltBytes))
            .TryDecrypt(nonce, input[HeadBytes..^TagBytes], input[^TagBytes..], result, associated)) return false;
        plain = result;
        return true;
    }

    private static void Associate(ReadOnlySpan<byte> head, RecordKey key, RecordPart part, Span<byte> associated)
    {
        head[..HeadBytes].CopyTo(associated);
        var rest = associated[HeadBytes..];
        rest[0] = key.Collection;
        key.Id.TryWriteBytes(rest[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(rest[17..], key.Sequence);
        rest[25] = (byte)part;
    }

    private CipherPool CiphersOf(KeyId id, NodeIdentity identity, ReadOnlySpan<byte> salt)
    {
        if (id == KeyId && salt.SequenceEqual(_salt)) return _sealing;
        var name = (id, BinaryPrimitives.ReadUInt128BigEndian(salt));
        if (_opening.TryGetValue(name, out var pool)) return pool;
        if (_opening.Count >= CachedSalts) _opening.Clear(); // one for each time the store was opened: rarely many
        return _opening.GetOrAdd(name, new CipherPool(identity.DeriveKey(salt, Info, 32)));
    }
}
