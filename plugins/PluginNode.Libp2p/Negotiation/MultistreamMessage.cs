using System.Buffers;
using System.Text;
using PluginNode.Libp2p.Wire;

namespace PluginNode.Libp2p.Negotiation;

/// <summary>
/// A message of multistream-select 1.0 (multiformats/multistream-select): its length as a varint, UTF-8 text, a line
/// feed. Reads byte by byte up to its end and never further: what follows belongs to the protocol.
/// </summary>
internal static class MultistreamMessage
{
    /// <summary>The longest text that is read or written, in bytes, the line feed aside.</summary>
    public const int MostBytes = 1024;

    public const string Header = "/multistream/1.0.0";
    public const string NotAvailable = "na";
    public const string List = "ls";

    private static readonly UTF8Encoding Strict =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The bytes of several messages, to be written with one call.</summary>
    /// <exception cref="ArgumentException">One of them is too long or holds a line feed.</exception>
    public static byte[] Encode(params ReadOnlySpan<string> texts)
    {
        var bytes = new ArrayBufferWriter<byte>(64);
        foreach (var text in texts) Append(bytes, text);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The answer to <c>ls</c>: one message that holds a message for each protocol, and a line feed. What
    /// would make it longer than a reader takes is left out.</summary>
    public static byte[] EncodeList(IEnumerable<string> protocols)
    {
        var list = new ArrayBufferWriter<byte>();
        foreach (var protocol in protocols)
        {
            if (list.WrittenCount + protocol.Length + 3 > MostBytes) break;
            Append(list, protocol);
        }
        list.Write("\n"u8);
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Varint((ulong)list.WrittenCount);
        bytes.Write(list.WrittenSpan);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads one message and gives its text without the line feed.</summary>
    /// <exception cref="Libp2pException">It is malformed, too long, or the remote finished before it.</exception>
    public static async ValueTask<string> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MostBytes + 1);
        try
        {
            ulong length;
            for (var at = 0; ; at++)
            {
                await ExactlyAsync(stream, buffer.AsMemory(at, 1), cancellation);
                if (Varint.TryRead(buffer.AsSpan(0, at + 1), out length, out _)) break;
            }
            if (length is 0 or > MostBytes + 1)
                throw Libp2pException.Malformed(
                    $"A multistream message of {length} bytes; 1 to {MostBytes + 1} are taken.");
            var text = buffer.AsMemory(0, (int)length);
            await ExactlyAsync(stream, text, cancellation);
            if (text.Span[^1] != '\n')
                throw Libp2pException.Malformed("A multistream message has no line feed at its end.");
            return Strict.GetString(text.Span[..^1]);
        }
        catch (ArgumentException e)
        {
            throw new Libp2pException(Libp2pFault.Malformed, "A multistream message is not UTF-8.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Append(ArrayBufferWriter<byte> bytes, string text)
    {
        var length = Strict.GetByteCount(text);
        if (length is 0 or > MostBytes || text.Contains('\n', StringComparison.Ordinal))
            throw new ArgumentException($"A protocol id has 1 to {MostBytes} bytes and no line feed: '{text}'.",
                nameof(text));
        bytes.Varint((ulong)length + 1);
        bytes.Advance(Strict.GetBytes(text, bytes.GetSpan(length)));
        bytes.Write("\n"u8);
    }

    private static async ValueTask ExactlyAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellation)
    {
        for (var at = 0; at < buffer.Length;)
        {
            var count = await stream.ReadAsync(buffer[at..], cancellation);
            if (count == 0)
                throw new Libp2pException(Libp2pFault.Closed, "The remote finished in the middle of the negotiation.");
            at += count;
        }
    }
}
