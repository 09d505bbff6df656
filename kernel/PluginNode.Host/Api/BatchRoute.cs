using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using PluginNode.Composition;
using PluginNode.Delivery;

namespace PluginNode.Api;

/// <summary>
/// <c>POST /v1/messages/batch</c>: one message a line. Sends are under way side by side, so that they share commits, up
/// to a bound in number and bytes. The results are written when everything is read: a client that only begins to read
/// when it has written everything must not come to a halt.
/// </summary>
internal static class BatchRoute
{
    private const int MostUnderWay = 256;
    private const long MostBytesUnderWay = 32 << 20;
    private const int MostLines = 100_000;
    private const byte NewLine = (byte)'\n';

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/messages/batch", SendAsync).WithMetadata(RequestSize.Batch)
            .WithSummary("Send messages, one a line (NDJSON); answers one result a line, in the same order")
            .Body<SendBody>("application/x-ndjson").Produces<BatchResult>(200, "application/x-ndjson").Problems(400, 413);

    private static async Task SendAsync(HttpContext context, RunningNode node)
    {
        var results = new List<BatchResult>();
        var underWay = new Queue<(Task<BatchResult> Send, long Bytes)>();
        long bytes = 0;
        await foreach (var line in LinesAsync(context.Request.BodyReader, node, context.RequestAborted))
        {
            if (results.Count + underWay.Count >= MostLines)
                throw new ProblemException(413, $"a batch has at most {MostLines} lines; those before it were sent");
            while (underWay.Count >= MostUnderWay || (underWay.Count > 0 && bytes + line.Length > MostBytesUnderWay))
                await TakeAsync();
            underWay.Enqueue((SendLineAsync(line, node, context.RequestAborted), line.Length));
            bytes += line.Length;
        }
        while (underWay.Count > 0) await TakeAsync();

        context.Response.ContentType = "application/x-ndjson";
        await WriteAsync(context.Response.BodyWriter, results, context.RequestAborted);

        async Task TakeAsync()
        {
            var (send, length) = underWay.Dequeue();
            bytes -= length;
            results.Add(await send);
        }
    }

    private static async Task WriteAsync(PipeWriter output, List<BatchResult> results, CancellationToken aborted)
    {
        foreach (var result in results)
        {
            output.Write(JsonSerializer.SerializeToUtf8Bytes(result, ApiJson.Wire.BatchResult));
            output.Write([NewLine]);
            if (output.UnflushedBytes > 64 << 10) await output.FlushAsync(aborted);
        }
        await output.FlushAsync(aborted);
    }

    private static async Task<BatchResult> SendLineAsync(byte[] line, RunningNode node, CancellationToken aborted)
    {
        try
        {
            var body = JsonBody.Decode(new ReadOnlySequence<byte>(line), ApiJson.Wire.SendBody);
            var reply = await node.Kernel.Outbox.SendAsync(body.ToRequest(node.Kernel.Peers), aborted);
            var status = MessageRoutes.SendStatusOf(reply.Verdict);
            return status < 400
                ? new BatchResult(status, reply.Id, StateText.Of(reply.State), MessageBody.DurabilityText(reply.Stable), null)
                : new BatchResult(status, reply.Id == default ? null : reply.Id, null, null, reply.Reason);
        }
        catch (ProblemException e)
        {
            return new BatchResult(e.Status, null, null, null, e.Message);
        }
    }

    private static async IAsyncEnumerable<byte[]> LinesAsync(
        PipeReader reader, RunningNode node,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken aborted)
    {
        var most = RequestSize.OfMessage(node.Settings.Kernel.Limits.Payload);
        var looked = 0L; // bytes at the beginning that hold no end of a line
        while (true)
        {
            var read = await reader.ReadAsync(aborted);
            var rest = read.Buffer;
            while (rest.Slice(looked).PositionOf(NewLine) is { } end)
            {
                var line = rest.Slice(0, end);
                rest = rest.Slice(rest.GetPosition(1, end));
                looked = 0;
                if (!IsBlank(line)) yield return line.ToArray();
            }
            looked = rest.Length;
            if (rest.Length > most) throw new ProblemException(413, $"a line has at most {most} bytes");
            if (read.IsCompleted)
            {
                if (!IsBlank(rest)) yield return rest.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                yield break;
            }
            reader.AdvanceTo(rest.Start, rest.End);
        }
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
            if (part.Span.IndexOfAnyExcept((byte)' ', (byte)'\t', (byte)'\r') >= 0) return false;
        return true;
    }
}
