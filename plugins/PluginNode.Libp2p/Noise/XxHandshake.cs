namespace PluginNode.Libp2p.Noise;

/// <summary>
/// <c>Noise_XX_25519_ChaChaPoly_SHA256</c> (Noise Protocol Framework, sections 5.3 and 7.5), messages only:
/// <code>
/// → e
/// ← e, ee, s, es
/// → s, se
/// </code>
/// For one connection, one call at a time. The static key is the caller's.
/// </summary>
internal sealed class XxHandshake : IDisposable
{
    private readonly bool _initiator;
    private readonly X25519Key _static, _ephemeral;
    private readonly SymmetricState _state = new("Noise_XX_25519_ChaChaPoly_SHA256"u8);
    private readonly byte[] _theirEphemeral = new byte[X25519Key.Bytes];
    private byte[] _theirStatic = [];
    private int _next;

    /// <param name="initiator">Whether this side begins.</param>
    /// <param name="staticKey">Stays the caller's.</param>
    /// <param name="ephemeral">Another one for each handshake; freed with it.</param>
    /// <param name="prologue">What both sides know beforehand; libp2p has none.</param>
    public XxHandshake(bool initiator, X25519Key staticKey, X25519Key ephemeral, ReadOnlySpan<byte> prologue = default)
    {
        (_initiator, _static, _ephemeral) = (initiator, staticKey, ephemeral);
        _state.MixHash(prologue);
    }

    /// <summary>The remote's static key, once it was read.</summary>
    public ReadOnlySpan<byte> TheirStatic => _theirStatic;

    /// <summary>The hash of the whole handshake.</summary>
    public ReadOnlySpan<byte> Hash => _state.Hash;

    private bool IsMine => (_next % 2 == 0) == _initiator;

    /// <summary>Writes the next message and tells its length: the payload's, and at most 96 bytes more.</summary>
    /// <exception cref="InvalidOperationException">It is not this side's turn.</exception>
    public int Write(ReadOnlySpan<byte> payload, Span<byte> message)
    {
        if (!IsMine || _next > 2) throw new InvalidOperationException("It is not this side's turn.");
        var at = 0;
        if (_next < 2)
        {
            _ephemeral.Public.CopyTo(message);
            _state.MixHash(_ephemeral.Public);
            at = X25519Key.Bytes;
        }
        if (_next == 1) Mix(_ephemeral, _theirEphemeral);
        if (_next > 0) at += _state.EncryptAndHash(_static.Public, message[at..]);
        // es of the responder and se of the initiator: its static key with the other's ephemeral one
        if (_next > 0) Mix(_static, _theirEphemeral);
        at += _state.EncryptAndHash(payload, message[at..]);
        _next++;
        return at;
    }

    /// <summary>Reads the next message and gives its payload.</summary>
    /// <exception cref="Libp2pException">It is malformed or was damaged.</exception>
    /// <exception cref="InvalidOperationException">It is this side's turn.</exception>
    public byte[] Read(ReadOnlySpan<byte> message)
    {
        if (IsMine || _next > 2) throw new InvalidOperationException("It is not the remote's turn.");
        if (_next < 2)
        {
            Take(ref message, X25519Key.Bytes).CopyTo(_theirEphemeral);
            _state.MixHash(_theirEphemeral);
        }
        if (_next == 1) Mix(_ephemeral, _theirEphemeral);
        if (_next > 0)
        {
            _theirStatic = _state.DecryptAndHash(Take(ref message, X25519Key.Bytes + _state.Overhead));
            Mix(_ephemeral, _theirStatic);
        }
        var payload = _state.DecryptAndHash(message);
        _next++;
        return payload;
    }

    /// <summary>The ciphers once all three messages went over.</summary>
    public (CipherState Send, CipherState Receive) Split()
    {
        if (_next != 3) throw new InvalidOperationException("The handshake is not done.");
        var (first, second) = _state.Split();
        return _initiator ? (first, second) : (second, first);
    }

    public void Dispose()
    {
        _ephemeral.Dispose();
        _state.Dispose();
    }

    private void Mix(X25519Key mine, ReadOnlySpan<byte> theirs)
    {
        Span<byte> secret = stackalloc byte[X25519Key.Bytes];
        mine.Agree(theirs, secret);
        _state.MixKey(secret);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(secret);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> message, int count)
    {
        if (message.Length < count) throw Libp2pException.Malformed("A handshake message is cut short.");
        var taken = message[..count];
        message = message[count..];
        return taken;
    }
}
