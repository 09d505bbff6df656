using System.Buffers;
using System.Buffers.Binary;

namespace PluginNode.Libp2p.Noise;

/// <summary>
/// The encrypted connection after the handshake: each message after its length in 16 bits, big endian (libp2p/specs,
/// noise, Wire Format). Text is encrypted straight into the buffer that is written, and decrypted straight into the
/// reader's where it has room. An end without a message of its own is not authenticated: what lies above must say that
/// it is done.
/// </summary>
internal sealed class NoiseStream(Stream inner, CipherState send, CipherState receive) : DuplexStream
{
    /// <summary>Bytes of text in one message at most.</summary>
    public const int MostText = ushort.MaxValue - CipherState.TagBytes;

    private const int LengthBytes = 2;
    private const int Overhead = LengthBytes + CipherState.TagBytes;
    private const int MessagesAWrite = 4;
    private const int Reading = 1, Disposed = 2;
    private const int FirstBuffer = 16 * 1024;
    private const int FullBuffer = 2 * (LengthBytes + ushort.MaxValue);

    private byte[] _input = ArrayPool<byte>.Shared.Rent(FirstBuffer);
    private int _start, _end; // what was read and not decrypted yet
    private int _textStart, _textEnd; // what was decrypted in place and not handed out yet
    private int _use; // Reading, Disposed, both or none: whoever needs the input last gives it back

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        var use = Interlocked.CompareExchange(ref _use, Reading, 0);
        ObjectDisposedException.ThrowIf(use >= Disposed, this);
        if (use == Reading) throw new InvalidOperationException("One read at a time.");
        try
        {
            while (true)
            {
                var count = TakeText(buffer.Span);
                if (count > 0) return count;
                MakeRoom();
                var read = await inner.ReadAsync(_input.AsMemory(_end), cancellationToken);
                if (read == 0)
                    return _start == _end ? 0 : throw new Libp2pException(
                        Libp2pFault.Closed, "The connection ended in the middle of a message.");
                _end += read;
            }
        }
        finally
        {
            if (Interlocked.And(ref _use, ~Reading) > Disposed) ArrayPool<byte>.Shared.Return(_input);
        }
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var part = buffer[..Math.Min(buffer.Length, MessagesAWrite * MostText)];
            buffer = buffer[part.Length..];
            var messages = (part.Length + MostText - 1) / MostText;
            var output = ArrayPool<byte>.Shared.Rent(part.Length + (messages * Overhead));
            try
            {
                var length = Encrypt(part.Span, output);
                await inner.WriteAsync(output.AsMemory(0, length), cancellationToken);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(output);
            }
        }
    }

    /// <summary>Ends the connection, and with it a read or a write that is under way.</summary>
    public override async ValueTask DisposeAsync()
    {
        var use = Interlocked.Or(ref _use, Disposed);
        if (use >= Disposed) return;
        await inner.DisposeAsync();
        send.Dispose();
        receive.Dispose();
        if (use != Reading) ArrayPool<byte>.Shared.Return(_input);
    }

    private int Encrypt(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var at = 0;
        while (!text.IsEmpty)
        {
            var part = text[..Math.Min(text.Length, MostText)];
            text = text[part.Length..];
            BinaryPrimitives.WriteUInt16BigEndian(output[at..], (ushort)(part.Length + CipherState.TagBytes));
            send.Encrypt(part, output.Slice(at + LengthBytes, part.Length + CipherState.TagBytes));
            at += part.Length + Overhead;
        }
        return at;
    }

    // As many whole messages as there are and fit; where not even one fits, as much of it as does.
    private int TakeText(Span<byte> buffer)
    {
        var at = Math.Min(buffer.Length, _textEnd - _textStart);
        _input.AsSpan(_textStart, at).CopyTo(buffer);
        _textStart += at;
        while (at < buffer.Length && TryMessage(out var message))
        {
            var length = message.Length - CipherState.TagBytes;
            if (length <= buffer.Length - at)
            {
                receive.Decrypt(message, buffer.Slice(at, length));
                at += length;
            }
            else if (at > 0)
            {
                break;
            }
            else
            {
                receive.Decrypt(message, message[..length]);
                _textStart = _start + LengthBytes;
                _textEnd = _textStart + length;
                at = buffer.Length;
                _input.AsSpan(_textStart, at).CopyTo(buffer);
                _textStart += at;
            }
            _start += LengthBytes + message.Length;
        }
        return at;
    }

    private bool TryMessage(out Span<byte> message)
    {
        message = default;
        if (_end - _start < LengthBytes) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(_input.AsSpan(_start));
        if (length < CipherState.TagBytes) throw Libp2pException.Malformed("A Noise message is shorter than its tag.");
        if (_end - _start < LengthBytes + length) return false;
        message = _input.AsSpan(_start + LengthBytes, length);
        return true;
    }

    // Called when no text is left. A connection that only ever sees short messages keeps its small buffer.
    private void MakeRoom()
    {
        var held = _end - _start;
        var needed = held < LengthBytes ? LengthBytes
            : LengthBytes + BinaryPrimitives.ReadUInt16BigEndian(_input.AsSpan(_start));
        var target = _input;
        if (needed > _input.Length) target = ArrayPool<byte>.Shared.Rent(FullBuffer);
        else if (_start + needed <= _input.Length && _end < _input.Length && held > 0) return;
        _input.AsSpan(_start, held).CopyTo(target);
        if (target != _input) ArrayPool<byte>.Shared.Return(_input);
        (_input, _start, _end) = (target, 0, held);
    }
}
