using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.Fuzz.Targets;

/// <summary>The proof in an answer of mesh HTTP: it holds for nothing but the status, headers and body that were signed
/// for this request.</summary>
internal sealed class MeshResponseTarget : FuzzTarget
{
    private const string Status = "Status";
    private static readonly UInt128 Nonce = 98765;

    private readonly HashSet<string> _signed = new(StringComparer.Ordinal);

    public MeshResponseTarget()
    {
        foreach (var sample in Samples())
            if (TryRead(sample.Bytes) is { Signed: true } answer) _signed.Add(answer.Text);
    }

    public override string Name => "mesh-response";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = [.. ByteEdits.All, .. TextEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        yield return new Sample("outcomes", Write(200, new AnswerHead(1_767_225_600_000), Outcomes.Write([])));
        yield return new Sample("clock", Write(MeshWire.ClockStatus, new AnswerHead(1_767_225_600_000), new byte[8]));
        yield return new Sample("too-large",
            Write(413, new AnswerHead(1_767_225_600_000, 4096), "at most 4096 bytes"u8));
    }

    public override Verdict Check(byte[] input)
    {
        if (TryRead(input) is not { } answer) return Verdict.Refused("no proof");
        Holds.That(SessionClock.IsTime(answer.Head.Timestamp), "a time that is none");
        Holds.That(!answer.Signed || _signed.Contains(answer.Text), "a proof holds for what was not signed");
        return Verdict.Took($"{(answer.Signed ? "signed" : "not signed")}, {answer.Head.MaxBatch is not null}");
    }

    private static (AnswerHead Head, bool Signed, string Text)? TryRead(byte[] input)
    {
        var (headers, body) = HeaderText.Read(input);
        using var response = new HttpResponseMessage();
        foreach (var (name, value) in headers) response.Headers.TryAddWithoutValidation(name, value);
        var status = headers.Find(h => h.Name == Status).Value;
        if (!int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code)) return null;
        var signature = new byte[ISigner.SignatureBytes];
        AnswerHead head = default;
        var most = (64 * 1024) + (8L * input.Length);
        if (!Measure.Bounded(most, () => ResponseProof.TryRead(response.Headers, signature, out head))) return null;
        var signed = ResponseProof.Holds(
            SomeNodes.Receiver, SomeNodes.Sender.Self, Nonce, code, head, body, signature);
        var text = SignedText.OfResponse(
            SomeNodes.Sender.Self, Nonce, code, head, SHA256.HashData(body), stackalloc byte[SignedText.MaxBytes]);
        return (head, signed, Convert.ToHexString(text));
    }

    private static byte[] Write(int status, AnswerHead head, ReadOnlySpan<byte> body)
    {
        var response = new DefaultHttpContext().Response;
        response.StatusCode = status;
        ResponseProof.Sign(response, SomeNodes.Sender, Nonce, head, body);
        var headers = response.Headers.Select(h => (h.Key, h.Value.ToString()));
        return HeaderText.Write([(Status, status.ToString(CultureInfo.InvariantCulture)), .. headers], body);
    }
}
