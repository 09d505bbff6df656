using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PluginNode.Api;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;

namespace PluginNode.Fuzz.Targets;

/// <summary>A body of the control API, as it comes to its route. The answer has a status that the route documents, and
/// is never a fault of the node; a refusal is problem details that say why.</summary>
internal abstract class ApiTarget : FuzzTarget
{
    // what a request costs before its body is looked at, a new kernel's first commit included
    private const int Fixed = 2 << 20;

    // as many problems as are told at once, each an exception of the decoder
    private const int DecodeFixed = 512 * 1024;

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        [.. ByteEdits.All, .. TextEdits.All, .. JsonEdits.All, .. JsonEdits.All, .. JsonEdits.All];

    /// <summary>Most bytes that are allocated for an answer.</summary>
    protected virtual long Most(byte[] input) => Fixed + (64L * input.Length);

    /// <summary>Decodes alone, with its bound, what the route decodes; null where it is refused.</summary>
    protected static T? Decode<T>(byte[] body, JsonTypeInfo<T> type) where T : class
    {
        T decoded;
        try
        {
            decoded = Measure.Bounded(
                DecodeFixed + (64L * body.Length), () => JsonBody.Decode(new ReadOnlySequence<byte>(body), type));
        }
        catch (ProblemException e)
        {
            Holds.That(e.Status == 400 && e.Message.Length > 0, "a body is refused without a reason");
            return null;
        }
        var text = JsonSerializer.SerializeToUtf8Bytes(decoded, type);
        var again = JsonBody.Decode(new ReadOnlySequence<byte>(text), type);
        Holds.That(
            JsonSerializer.SerializeToUtf8Bytes(again, type).AsSpan().SequenceEqual(text),
            "written again it is another body");
        return decoded;
    }

    /// <summary>Calls the route within the bound, and checks what is so of every answer.</summary>
    protected async Task<ApiAnswer> CallAsync(
        ApiWorld world, string method, string path, byte[] body, byte[] input, params int[] documented)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var answer = await world.CallAsync(method, path, body);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Holds.That(allocated <= Most(input), $"allocates {allocated} bytes, over its bound of {Most(input)}");
        Holds.That(documented.Contains(answer.Status), $"status {answer.Status} is not documented");
        if (answer.Status < 400 || answer.Status == 502) return answer;
        Holds.That(answer.ContentType == ProblemBody.MediaType, $"a refusal is {answer.ContentType}");
        Holds.That(ProblemOf(answer) is { Length: > 0 }, "a refusal says not why");
        return answer;
    }

    /// <summary>The detail of a refusal.</summary>
    protected static string? ProblemOf(ApiAnswer answer) =>
        JsonSerializer.Deserialize(answer.Body, ApiJson.Wire.ProblemBody)?.Detail;

    /// <summary>What was answered, for the shape of a verdict.</summary>
    protected static Verdict Of(ApiAnswer answer) => answer.Status < 400
        ? Verdict.Took($"{answer.Status}")
        : Verdict.Refused($"{answer.Status} {ProblemOf(answer)}");
}
