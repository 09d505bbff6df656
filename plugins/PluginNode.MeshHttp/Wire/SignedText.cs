using System.Buffers.Binary;
using System.Text;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Wire;

/// <summary>Lays out what is signed: each field after its length (32 bits, big endian), so that no two different
/// lists of fields have the same bytes. Numbers are 64 bits, big endian.</summary>
internal ref struct SignedText(Span<byte> buffer)
{
    /// <summary>Room enough for a request and for a response.</summary>
    public const int MaxBytes = 384;

    private readonly Span<byte> _buffer = buffer;
    private int _length;

    public readonly ReadOnlySpan<byte> Bytes => _buffer[.._length];

    public static ReadOnlySpan<byte> OfRequest(in RequestHead head, Span<byte> buffer)
    {
        var text = new SignedText(buffer);
        text.Add(head.From);
        text.Add(head.To);
        text.Add(head.Nonce);
        text.Add(head.Timestamp);
        text.Add(head.Clock);
        text.Add(MeshWire.Method);
        text.Add(MeshWire.FramesPath);
        text.Add(head.ContentLength);
        text.Add(head.Digest);
        return text.Bytes;
    }

    public static ReadOnlySpan<byte> OfResponse(
        PeerId responder, UInt128 requestNonce, int status, in AnswerHead head, ReadOnlySpan<byte> bodyDigest,
        Span<byte> buffer)
    {
        var text = new SignedText(buffer);
        text.Add(responder);
        text.Add(requestNonce);
        text.Add(status);
        text.Add(head.Timestamp);
        text.Add(bodyDigest);
        if (head.MaxBatch is { } maxBatch) text.Add(maxBatch);
        return text.Bytes;
    }

    public static ReadOnlySpan<byte> OfSync(
        PeerId from, PeerId to, UInt128 nonce, long timestamp, string path, ReadOnlySpan<byte> bodyDigest,
        Span<byte> buffer)
    {
        var text = new SignedText(buffer);
        text.Add(from);
        text.Add(to);
        text.Add(nonce);
        text.Add(timestamp);
        text.Add(MeshWire.Method);
        text.Add(path);
        text.Add(bodyDigest);
        return text.Bytes;
    }

    private void Add(ReadOnlySpan<byte> field) => field.CopyTo(Next(field.Length));

    private void Add(PeerId peer) => peer.CopyKeyTo(Next(PeerId.KeyBytes));

    private void Add(UInt128 nonce) => BinaryPrimitives.WriteUInt128BigEndian(Next(MeshWire.NonceBytes), nonce);

    private void Add(long number) => BinaryPrimitives.WriteInt64BigEndian(Next(sizeof(long)), number);

    private void Add(string ascii) => Encoding.ASCII.GetBytes(ascii, Next(ascii.Length));

    private Span<byte> Next(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer[_length..], length);
        var field = _buffer.Slice(_length + sizeof(int), length);
        _length += sizeof(int) + length;
        return field;
    }
}
