using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.Fuzz.Targets;

/// <summary>The head of a request of mesh HTTP. What is read is written and read again alike; a signature holds for
/// nothing but what was signed, every field included.</summary>
internal sealed class MeshRequestTarget : FuzzTarget
{
    private const string Length = "Content-Length";
    private readonly HashSet<string> _signed = new(StringComparer.Ordinal);

    public MeshRequestTarget()
    {
        foreach (var sample in Samples())
            if (TryRead(sample.Bytes, out var head, out var signature) && head.IsSigned(SomeNodes.Receiver, signature))
                _signed.Add(Text(head));
    }

    public override string Name => "mesh-request";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = [.. ByteEdits.All, .. TextEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        yield return new Sample("usual", Write(new RequestHead(
            SomeNodes.Sender.Self, SomeNodes.Receiver.Self, 12345, 1_767_225_600_000, 1_767_225_600_001, 77,
            SHA256.HashData("body"u8))));
        yield return new Sample("borders", Write(new RequestHead(
            SomeNodes.Sender.Self, SomeNodes.Sender.Self, UInt128.MaxValue, -62_135_596_800_000, 253_402_300_799_999,
            long.MaxValue, new byte[32])));
    }

    public override Verdict Check(byte[] input)
    {
        RequestHead head = default;
        byte[] signature = [];
        var (headers, length) = HeadersOf(input);
        var most = (64 * 1024) + (8L * input.Length);
        if (!Measure.Bounded(most, () => RequestHead.TryRead(headers, length, out head, out signature)))
            return Verdict.Refused("no head");
        Holds.That(
            TryRead(Write(head), out var again, out _) && Text(again) == Text(head),
            "written again it is another head");
        if (!head.IsSigned(SomeNodes.Receiver, signature)) return Verdict.Took("not signed");
        Holds.That(_signed.Contains(Text(head)), "a signature holds for what was not signed");
        return Verdict.Took("signed");
    }

    private static (HeaderDictionary Headers, long Length) HeadersOf(byte[] input)
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in HeaderText.Read(input).Headers)
            headers[name] = StringValues.Concat(headers[name], value);
        var isNumber = long.TryParse(headers[Length], NumberStyles.None, CultureInfo.InvariantCulture, out var length);
        return (headers, isNumber ? length : 0);
    }

    private static bool TryRead(byte[] input, out RequestHead head, out byte[] signature)
    {
        var (headers, length) = HeadersOf(input);
        return RequestHead.TryRead(headers, length, out head, out signature);
    }

    private static byte[] Write(RequestHead head)
    {
        using var request = new HttpRequestMessage();
        head.Write(request.Headers, head.From.ToString(), head.To.ToString(), SomeNodes.Sender);
        return HeaderText.Write(
        [
            .. request.Headers.NonValidated.Select(h => (h.Key, h.Value.ToString())),
            (Length, head.ContentLength.ToString(CultureInfo.InvariantCulture)),
        ]);
    }

    private static string Text(in RequestHead head) =>
        Convert.ToHexString(SignedText.OfRequest(head, stackalloc byte[SignedText.MaxBytes]));
}
