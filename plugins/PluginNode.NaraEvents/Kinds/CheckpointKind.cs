using System.Buffers;
using System.Text;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.NaraEvents.Reading;

namespace PluginNode.NaraEvents.Kinds;

/// <summary>
/// What the network agreed on about somebody's past. It needs no emitter: each voter signs a text of its own, as it is.
/// Neither that text nor the content holds the subject's name where there is an id, and the text never holds the
/// event's timestamp: see the README.
/// </summary>
internal sealed class CheckpointKind : IEventKind, IVouchedKind
{
    private const int RequiredVoters = 2; // nara: MinCheckpointSignatures

    private readonly record struct Checkpoint(
        Field Version, Field Id, Field SubjectId, Field AsOf, Field Start, Field Restarts, Field Uptime, Field Previous)
    {
        public bool IsSecond => Version.Integer == 2;
    }

    public string Service => "checkpoint";

    public string Member => "checkpoint";

    public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
    {
        Span<Field> f = stackalloc Field[CheckpointMembers.All.Count];
        Span<Field> state = stackalloc Field[CheckpointMembers.State.Count];
        if (CheckpointMembers.Read(data, f, state) is { } problem) return EventReading.Invalid(problem);
        var c = Of(f, state);
        var signed = new Content(data, content);
        signed.Literal(c.IsSecond ? "checkpoint:v2:"u8 : "checkpoint:"u8);
        if (c.IsSecond) signed.Join(c.Id, c.AsOf, c.Start, c.Restarts, c.Uptime, c.Previous);
        else signed.Join(c.Id, c.AsOf, c.Start, c.Restarts, c.Uptime);
        return CheckpointMembers.ProblemOf(data, f, state) is { } wrong
            ? EventReading.Invalid(wrong)
            : EventReading.Valid("", f[CheckpointMembers.Subject].Text(data), EventImportance.Critical);
    }

    public Vouching ReadVotes(ReadOnlySpan<byte> data)
    {
        Span<Field> f = stackalloc Field[CheckpointMembers.All.Count];
        Span<Field> state = stackalloc Field[CheckpointMembers.State.Count];
        if (CheckpointMembers.Read(data, f, state) is not null) return new Vouching(RequiredVoters, []);
        var voters = Texts.Read(f[CheckpointMembers.Voters].Raw(data)) ?? [];
        var signatures = Texts.Read(f[CheckpointMembers.Signatures].Raw(data)) ?? [];
        var votes = new List<Vote>();
        foreach (var (voter, signature) in voters.Zip(signatures))
            votes.Add(new Vote(voter, StatementOf(voter, Of(f, state), data), BytesOf(signature)));
        return new Vouching(RequiredVoters, votes);
    }

    private static Checkpoint Of(ReadOnlySpan<Field> f, ReadOnlySpan<Field> state)
    {
        var id = f[CheckpointMembers.SubjectId];
        return new Checkpoint(
            f[CheckpointMembers.Version], id.IsEmpty ? f[CheckpointMembers.Subject] : id, id, f[CheckpointMembers.AsOf],
            state[CheckpointMembers.Start], state[CheckpointMembers.Restarts], state[CheckpointMembers.Uptime],
            f[CheckpointMembers.Previous]);
    }

    private static ReadOnlyMemory<byte> StatementOf(string voter, Checkpoint c, ReadOnlySpan<byte> data)
    {
        var statement = new ArrayBufferWriter<byte>();
        var signed = new Content(data, statement);
        signed.Literal(c.IsSecond ? "attestation:v2:"u8 : "attestation:v1:"u8);
        signed.Literal(Encoding.UTF8.GetBytes(voter));
        signed.Literal(":"u8);
        if (c.IsSecond) signed.Join(c.SubjectId, c.AsOf, c.Restarts, c.Uptime, c.Start, c.Previous);
        else signed.Join(c.SubjectId, c.AsOf, c.Restarts, c.Uptime, c.Start);
        return statement.WrittenMemory;
    }

    // What is no signature is an empty one: it counts as wrong, and the other voters still count.
    private static ReadOnlyMemory<byte> BytesOf(string signature)
    {
        var bytes = new byte[ISigner.SignatureBytes];
        return Convert.TryFromBase64String(signature, bytes, out var length) && length == bytes.Length
            ? bytes : default(ReadOnlyMemory<byte>);
    }
}
