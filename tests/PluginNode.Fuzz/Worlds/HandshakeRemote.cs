using System.Buffers.Binary;
using PluginNode.Identity;
using PluginNode.Libp2p;
using PluginNode.Libp2p.Noise;

namespace PluginNode.Fuzz.Worlds;

/// <summary>What the remote does next. The first byte of each step; the rest is its content.</summary>
internal enum RemoteStep
{
    /// <summary>Sends the content.</summary>
    Raw = 0,

    /// <summary>Sends its next message of the Noise handshake, with the content as payload.</summary>
    Shake,

    /// <summary>Sends the content encrypted, as is right after the handshake.</summary>
    Seal,

    /// <summary>Spoils what the next step sends: cuts it, or changes a byte. Content: which, where (16 bits), how
    /// (8 bits).</summary>
    Spoil,

    /// <summary>Sends once more the bytes that went out last.</summary>
    Again,

    /// <summary>Does the step before over and over, until the other end has gone or has had enough.</summary>
    Endless,
}

/// <summary>How the remote's part ends.</summary>
internal enum RemoteEnd
{
    Finishes = 0,
    SaysNothing,
    Breaks,
}

/// <summary>
/// The other end of a connection, seen through it: a real peer with keys of its own, the same ones in every run, that
/// follows a script. It moves when it is read from and there is nothing left to read.
/// </summary>
internal sealed class HandshakeRemote(
    bool dials, RemoteEnd end, int piece, IEnumerable<byte[]> script) : DuplexStream
{
    /// <summary>An endless remote ends after so many bytes.</summary>
    public const int MostGiven = 128 * 1024;

    private static readonly NoiseSigner Signer = new(SomeNodes.Sender);
    private static readonly X25519Key Static = Key(11);

    private readonly XxHandshake _noise = new(dials, Static, Key(12));
    private readonly HeardHandshake _heard = new();
    private readonly TaskCompletionSource _silent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<byte[]> _script = new(script);
    private byte[] _last = [], _step = [], _spoil = [];
    private bool _endless, _lost;
    private CipherState? _cipher;
    private int _at;

    /// <summary>Messages of the handshake that it has sent or taken, 0 to 3.</summary>
    public int Turn { get; private set; }

    /// <summary>Bytes that were read from it.</summary>
    public long Given { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Completes when it is waited for and will say no more.</summary>
    public Task Silent => _silent.Task;

    /// <summary>Proves that its static key is the sender's.</summary>
    public static byte[] Payload(params string[]? muxers)
    {
        var signature = new byte[ISigner.SignatureBytes];
        Signer.SignStaticKey(Static.Public, signature);
        return new NoisePayload(Signer.Self, signature, muxers).ToMessage();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (_at == _last.Length && Next())
        {
            // steps that send nothing
        }
        if (_at == _last.Length && !IsDisposed)
        {
            if (end == RemoteEnd.Breaks) throw new IOException("The remote broke the connection.");
            if (end == RemoteEnd.SaysNothing)
            {
                _silent.TrySetResult();
                await _gone.Task.WaitAsync(cancellationToken);
            }
        }
        var count = Math.Min(Math.Min(buffer.Length, piece), _last.Length - _at);
        _last.AsSpan(_at, count).CopyTo(buffer.Span);
        _at += count;
        Given += count;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Turn < 3) _heard.Add(buffer.Span);
        return default;
    }

    public override ValueTask DisposeAsync()
    {
        IsDisposed = true;
        _gone.TrySetResult();
        if (_cipher is null) _noise.Dispose();
        _cipher?.Dispose();
        return default;
    }

    private static X25519Key Key(byte seed) => X25519Key.FromPrivate([.. Enumerable.Repeat(seed, X25519Key.Bytes)]);

    private bool Next()
    {
        if (IsDisposed) return false;
        if (_endless && Given < MostGiven) return Send(Play(_step)) > 0;
        if (!_script.TryDequeue(out var step)) return false;
        switch (step.Length == 0 ? RemoteStep.Raw : (RemoteStep)(step[0] % 6))
        {
            case RemoteStep.Spoil: _spoil = step; return true;
            case RemoteStep.Again: Send(_last); return true;
            case RemoteStep.Endless: _endless = true; return true;
            default:
                Send(Play(_step = step));
                return true;
        }
    }

    private int Send(byte[] bytes)
    {
        if (_spoil is [_, var which, var high, var low, .. var rest] && bytes.Length > 0)
        {
            var at = ((high << 8) | low) % bytes.Length;
            bytes = which % 2 == 0 ? bytes[..at] : [.. bytes];
            if (which % 2 == 1) bytes[at] ^= rest is [var mask, ..] ? mask : (byte)1;
        }
        (_spoil, _last, _at) = ([], bytes, 0);
        return bytes.Length;
    }

    private byte[] Play(byte[] step)
    {
        var content = step.Length == 0 ? step : step.AsSpan(1)[..Math.Min(step.Length - 1, NoiseStream.MostText)];
        var kind = step.Length == 0 ? RemoteStep.Raw : (RemoteStep)(step[0] % 6);
        return kind switch
        {
            RemoteStep.Shake when TakesTurn() => Shake(content),
            RemoteStep.Seal when TakesTurn() | Turn == 3 => Seal(content),
            RemoteStep.Raw => content.ToArray(),
            _ => AfterLength(content), // out of turn
        };
    }

    // Takes what the other end has said, and tells whether it is this one's turn.
    private bool TakesTurn()
    {
        while (!_lost && Turn < 3 && Turn % 2 == 0 != dials && _heard.Next() is { } message)
        {
            try
            {
                _noise.Read(message);
                Turn++;
            }
            catch (Libp2pException)
            {
                _lost = true; // the other end had something else than this one sent: what comes now is just bytes
            }
        }
        return !_lost && Turn < 3 && Turn % 2 == 0 == dials;
    }

    private byte[] Shake(ReadOnlySpan<byte> payload)
    {
        var message = new byte[payload.Length + 96];
        var length = _noise.Write(payload, message);
        Turn++;
        return AfterLength(message.AsSpan(0, length));
    }

    private byte[] Seal(ReadOnlySpan<byte> text)
    {
        if (Turn < 3) return AfterLength(text);
        if (_cipher is null)
        {
            (_cipher, var other) = _noise.Split();
            other.Dispose();
            _noise.Dispose();
        }
        var message = new byte[text.Length + CipherState.TagBytes];
        _cipher.Encrypt(text, message);
        return AfterLength(message);
    }

    private static byte[] AfterLength(ReadOnlySpan<byte> message)
    {
        var bytes = new byte[2 + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)message.Length);
        message.CopyTo(bytes.AsSpan(2));
        return bytes;
    }
}
